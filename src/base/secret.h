// A string that cannot be printed by accident: it has no formatter, no operator<<, no conversion.
#pragma once

#include <string>
#include <utility>

namespace ddm {

class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}
  /// The only way to the text; each call is a place to review.
  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  bool operator==(const secret&) const = default;

 private:
  std::string text_;
};

}  // namespace ddm
