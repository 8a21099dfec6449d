// A secret of which only the SHA-256 is kept.
#pragma once

#include <array>
#include <string_view>

namespace ddm::serve {

class token_digest {
 public:
  explicit token_digest(std::string_view token);
  /// Takes as long whatever is given: both digests are compared to their ends.
  [[nodiscard]] bool matches(const token_digest& given) const;

 private:
  std::array<unsigned char, 32> digest_{};
};

}  // namespace ddm::serve
