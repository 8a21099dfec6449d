// The files of a local state, as they are copied.
//
// Problem: a state is a database in use and logs beside it that grow; a copy must be of one moment.
// Idea: a picture of the database first (state/picture.h). It says how far each log counts, and
// what a log has more was written later; what it has up to there is not written again. Whoever
// reads a block to write it holds it against the name that the picture gave it.
// Reason: no lock is held while the blocks travel, and a log that was begun anew meanwhile is an
// error, never a mixture.
//
// Pictures are taken, and blocks hashed and compressed, on the pool.
#pragma once

#include "remote/state_keeper.h"
#include "runtime/worker_pool.h"

#include <functional>
#include <string>
#include <vector>

namespace ddm::remote {

/// A file beside the database, as far as it counts.
struct file_beside {
  std::string name;  ///< in the copy: "leftovers"
  std::string path;
  std::uint64_t bytes = 0;
};

inline constexpr std::string_view database_name = "state";

struct file_source_settings {
  std::string state_path;
  std::string picture_path;  ///< a file of the source's own
  /// What lies beside a picture's database, by the picture.
  std::function<result<std::vector<file_beside>>(const std::string& picture_path)> beside;
};

class file_source final : public copy_source {
 public:
  file_source(file_source_settings settings, worker_pool& pool);
  ~file_source() override;

  [[nodiscard]] awaitable<result<std::vector<copied_file>>> take() override;
  [[nodiscard]] awaitable<result<std::vector<sealed_block>>> sealed(
      std::size_t file_number, std::vector<std::size_t> block_numbers) override;

 private:
  [[nodiscard]] result<std::vector<copied_file>> take_now();
  [[nodiscard]] result<std::vector<sealed_block>> seal_now(
      std::size_t file_number, const std::vector<std::size_t>& block_numbers) const;

  file_source_settings settings_;
  worker_pool& pool_;
  std::vector<file_beside> paths_;
  std::vector<copied_file> files_;
};

}  // namespace ddm::remote
