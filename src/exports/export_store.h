// Where an export lies: a folder, or a bucket.
#pragma once

#include "base/error.h"
#include "runtime/asio.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ddm::exports {

class export_store {
 public:
  export_store() = default;
  export_store(const export_store&) = delete;
  export_store& operator=(const export_store&) = delete;
  virtual ~export_store() = default;

  /// At most `bytes_max` from there on; fewer only at the end of it. `name` is relative to where
  /// the manifests lie. Errors: not_found, or what else keeps it from being read.
  [[nodiscard]] virtual awaitable<result<std::string>> read(std::string name, std::uint64_t from,
                                                            std::size_t bytes_max) = 0;
  /// For people.
  [[nodiscard]] virtual std::string describe() const = 0;
  /// What to do where no manifest lies there, for people.
  [[nodiscard]] virtual awaitable<std::string> remedy() = 0;
};

}  // namespace ddm::exports
