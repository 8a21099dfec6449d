#include "exports/gunzip_stream.h"

#include <algorithm>
#include <limits>
#include <new>
#include <zlib.h>

namespace ddm::exports {
namespace {

/// Window bits of zlib, and 16 more for gzip's frame instead of its own.
constexpr int gzip_window_bits = 15 + 16;

}  // namespace

void gunzip_stream::end_stream::operator()(z_stream_s* stream) const {
  ::inflateEnd(stream);
  delete stream;
}

gunzip_stream::gunzip_stream() {
  auto stream = std::make_unique<z_stream>();
  if (::inflateInit2(stream.get(), gzip_window_bits) != Z_OK) {
    throw std::bad_alloc();
  }
  stream_.reset(stream.release());
}

gunzip_stream::~gunzip_stream() = default;

result<void> gunzip_stream::take(std::string_view& input, std::string& out, std::size_t bytes_max) {
  const auto begin = out.size();
  while (!input.empty() && out.size() - begin < bytes_max) {
    if (is_whole_) {
      // Another member behind the first one: what they hold is one text.
      ::inflateReset(stream_.get());
      is_whole_ = false;
    }
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const auto given = std::min(input.size(), most);
    const auto room = std::min(bytes_max - (out.size() - begin), most);
    const auto before = out.size();
    out.resize(before + room);
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_->avail_in = static_cast<uInt>(given);
    stream_->next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_->avail_out = static_cast<uInt>(room);
    const int state = ::inflate(stream_.get(), Z_NO_FLUSH);
    out.resize(before + room - stream_->avail_out);
    input.remove_prefix(given - stream_->avail_in);
    is_whole_ = state == Z_STREAM_END;
    if (state != Z_OK && state != Z_STREAM_END) {
      return fail(error_class::fatal, "it is not gzip, or damaged");
    }
  }
  return {};
}

}  // namespace ddm::exports
