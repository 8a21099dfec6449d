// gzip, a part at a time: what a file holds may be larger than memory.
#pragma once

#include "base/error.h"

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace ddm::exports {

class gunzip_stream {
 public:
  gunzip_stream();
  gunzip_stream(gunzip_stream&&) noexcept = default;
  gunzip_stream& operator=(gunzip_stream&&) noexcept = default;
  ~gunzip_stream();

  /// Appends to `out` what comes of `input`, about `bytes_max` at most, and takes off `input` what
  /// was used. Errors (fatal): it is no gzip, or damaged.
  [[nodiscard]] result<void> take(std::string_view& input, std::string& out, std::size_t bytes_max);
  /// Nothing is missing at this point: a file may end here.
  [[nodiscard]] bool is_whole() const { return is_whole_; }

 private:
  struct end_stream {
    void operator()(z_stream_s* stream) const;
  };
  std::unique_ptr<z_stream_s, end_stream> stream_;
  bool is_whole_ = false;
};

}  // namespace ddm::exports
