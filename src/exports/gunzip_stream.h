// gzip (RFC 1952), a part at a time: what a file holds may be larger than memory.
//
// What is inside the frame is unpacked by Beast's port of zlib, which comes with Boost's headers;
// libdeflate, which unpacks answers, takes whole buffers only.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ddm::exports {

class gunzip_stream {
 public:
  gunzip_stream();
  gunzip_stream(gunzip_stream&&) noexcept;
  gunzip_stream& operator=(gunzip_stream&&) noexcept;
  ~gunzip_stream();

  /// Appends to `out` what comes of `input`, at most `bytes_max`, and takes off `input` what was
  /// used. Members that follow each other are one text. Errors (fatal): it is no gzip, or damaged.
  [[nodiscard]] result<void> take(std::string_view& input, std::string& out, std::size_t bytes_max);
  /// Nothing is missing at this point: a file may end here.
  [[nodiscard]] bool is_whole() const { return stage_ == stage::header && frame_.empty(); }

 private:
  enum class stage {
    header,  ///< of a member
    body,
    trailer,
  };
  class inflater;

  [[nodiscard]] result<void> take_header(std::string_view& input);
  [[nodiscard]] result<void> take_body(std::string_view& input, std::string& out,
                                       std::size_t bytes_max);
  [[nodiscard]] result<void> take_trailer(std::string_view& input);

  std::unique_ptr<inflater> inflater_;
  stage stage_ = stage::header;
  std::string frame_;        ///< of the header or the trailer, as far as it has come
  std::uint32_t crc_ = 0;    ///< of the member
  std::uint32_t bytes_ = 0;  ///< of it, unpacked; modulo 2^32, as the trailer has them
};

}  // namespace ddm::exports
