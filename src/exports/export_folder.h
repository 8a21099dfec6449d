// An export in a folder, as `aws s3 sync` makes it.
#pragma once

#include "exports/export_store.h"
#include "runtime/worker_pool.h"

#include <string>

namespace ddm::exports {

class export_folder final : public export_store {
 public:
  /// `pool` outlives it.
  export_folder(std::string path, worker_pool& pool) : path_(std::move(path)), pool_(pool) {}

  [[nodiscard]] awaitable<result<std::string>> read(std::string name, std::uint64_t from,
                                                    std::size_t bytes_max) override;
  [[nodiscard]] std::string describe() const override { return path_; }
  [[nodiscard]] awaitable<std::string> remedy() override;

 private:
  std::string path_;
  worker_pool& pool_;
};

}  // namespace ddm::exports
