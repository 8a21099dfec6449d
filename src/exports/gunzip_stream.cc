#include "exports/gunzip_stream.h"

#include <boost/beast/zlib/inflate_stream.hpp>

#include <algorithm>
#include <libdeflate.h>
#include <optional>

namespace ddm::exports {
namespace {

namespace zlib = boost::beast::zlib;

constexpr std::size_t fixed_header_bytes = 10;
constexpr std::size_t trailer_bytes = 8;
/// A name, a comment and extra fields; nobody who exports writes any.
constexpr std::size_t header_bytes_max = std::size_t{64} << 10;
constexpr std::string_view magic = "\x1f\x8b\x08";  // deflate is the only method

enum : unsigned char {
  has_header_sum = 0x02,
  has_extra = 0x04,
  has_name = 0x08,
  has_comment = 0x10,
  reserved = 0xE0,
};

std::unexpected<error> damaged() { return fail(error_class::fatal, "it is not gzip, or damaged"); }

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::uint32_t little_endian(std::string_view text, std::size_t at) {
  return byte_at(text, at) | byte_at(text, at + 1) << 8 | byte_at(text, at + 2) << 16 |
         byte_at(text, at + 3) << 24;
}

/// Nothing: there is more to come of it.
std::optional<std::size_t> header_size(std::string_view text) {
  if (text.size() < fixed_header_bytes) {
    return std::nullopt;
  }
  const auto flags = byte_at(text, 3);
  std::size_t size = fixed_header_bytes;
  if ((flags & has_extra) != 0) {
    if (text.size() < size + 2) {
      return std::nullopt;
    }
    size += 2 + (byte_at(text, size) | byte_at(text, size + 1) << 8);
  }
  for (const auto part : {has_name, has_comment}) {
    if ((flags & part) != 0) {
      const auto end = size <= text.size() ? text.find('\0', size) : std::string_view::npos;
      if (end == std::string_view::npos) {
        return std::nullopt;
      }
      size = end + 1;
    }
  }
  size += (flags & has_header_sum) != 0 ? 2 : 0;
  return size <= text.size() ? std::optional(size) : std::nullopt;
}

}  // namespace

class gunzip_stream::inflater {
 public:
  zlib::inflate_stream stream;
};

gunzip_stream::gunzip_stream() : inflater_(std::make_unique<inflater>()) {}
gunzip_stream::gunzip_stream(gunzip_stream&&) noexcept = default;
gunzip_stream& gunzip_stream::operator=(gunzip_stream&&) noexcept = default;
gunzip_stream::~gunzip_stream() = default;

result<void> gunzip_stream::take(std::string_view& input, std::string& out, std::size_t bytes_max) {
  const auto begin = out.size();
  result<void> taken;
  while (taken && !input.empty() && out.size() - begin < bytes_max) {
    switch (stage_) {
      case stage::header:
        taken = take_header(input);
        break;
      case stage::body:
        taken = take_body(input, out, bytes_max - (out.size() - begin));
        break;
      case stage::trailer:
        taken = take_trailer(input);
        break;
    }
  }
  return taken;
}

result<void> gunzip_stream::take_header(std::string_view& input) {
  std::optional<std::size_t> size;
  while (!size && !input.empty()) {
    frame_ += input.front();
    input.remove_prefix(1);
    const auto known = std::min(frame_.size(), magic.size());
    const bool is_wrong =
        std::string_view(frame_).substr(0, known) != magic.substr(0, known) ||
        (frame_.size() > magic.size() && (byte_at(frame_, magic.size()) & reserved) != 0) ||
        frame_.size() > header_bytes_max;
    if (is_wrong) {
      return damaged();
    }
    size = header_size(frame_);
  }
  if (size) {
    frame_.clear();
    inflater_->stream.reset();
    crc_ = 0;
    bytes_ = 0;
    stage_ = stage::body;
  }
  return {};
}

result<void> gunzip_stream::take_body(std::string_view& input, std::string& out,
                                      std::size_t bytes_max) {
  const auto before = out.size();
  out.resize(before + bytes_max);
  zlib::z_params at;
  at.next_in = input.data();
  at.avail_in = input.size();
  at.next_out = out.data() + before;
  at.avail_out = bytes_max;
  boost::beast::error_code state;
  inflater_->stream.write(at, zlib::Flush::none, state);
  out.resize(before + bytes_max - at.avail_out);
  input.remove_prefix(input.size() - at.avail_in);
  const auto made = std::string_view(out).substr(before);
  crc_ = ::libdeflate_crc32(crc_, made.data(), made.size());
  bytes_ += static_cast<std::uint32_t>(made.size());
  if (state == zlib::error::end_of_stream) {
    stage_ = stage::trailer;
  } else if (state && state != zlib::error::need_buffers) {
    return damaged();
  }
  return {};
}

result<void> gunzip_stream::take_trailer(std::string_view& input) {
  const auto wanted = std::min(input.size(), trailer_bytes - frame_.size());
  frame_ += input.substr(0, wanted);
  input.remove_prefix(wanted);
  if (frame_.size() < trailer_bytes) {
    return {};
  }
  if (little_endian(frame_, 0) != crc_ || little_endian(frame_, 4) != bytes_) {
    return damaged();
  }
  frame_.clear();
  stage_ = stage::header;
  return {};
}

}  // namespace ddm::exports
