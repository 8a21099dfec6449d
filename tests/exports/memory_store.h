// An export in memory, and gzip of it, by the library itself.
#pragma once

#include "exports/export_store.h"
#include "support/complete.h"

#include <map>
#include <stdexcept>
#include <string>
#include <zlib.h>

namespace ddm::exports {

class memory_store final : public export_store {
 public:
  std::map<std::string, std::string> objects;

  awaitable<result<std::string>> read(std::string name, std::uint64_t from,
                                      std::size_t bytes_max) override {
    const auto found = objects.find(name);
    if (found == objects.end()) {
      co_return fail(error_class::not_found, name + " is not there");
    }
    co_return from < found->second.size() ? found->second.substr(from, bytes_max) : std::string();
  }
  [[nodiscard]] std::string describe() const override { return "memory"; }
  awaitable<std::string> remedy() override { co_return "name another place"; }
};

inline std::string gzip(std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string packed(::deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

using support::complete;

}  // namespace ddm::exports
