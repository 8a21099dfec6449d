// The state of a command, small enough to be made again from one number.
//
// A command that has read a stream up to `position` has a known sum, known pages and a known file
// of leftovers, and nothing else can be right. Whether a copy is of one moment is then a
// comparison.
#pragma once

#include "base/error.h"
#include "remote/state_keeper.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ddm::simulation::copies {

/// By the file's name; what a copy of that moment holds.
using state_files = std::map<std::string, std::string>;

[[nodiscard]] state_files files_at(std::int64_t position);
/// The position of these files. Fails where they are not those of one moment.
[[nodiscard]] result<std::int64_t> position_of(const state_files& files);

/// As a process keeps it.
class local_state final : public remote::copy_source {
 public:
  std::int64_t position = 0;

  [[nodiscard]] awaitable<result<std::vector<remote::copied_file>>> take() override;
  [[nodiscard]] awaitable<result<std::vector<remote::sealed_block>>> sealed(
      std::size_t file_number, std::vector<std::size_t> block_numbers) override;

 private:
  std::vector<std::string> picture_;
};

}  // namespace ddm::simulation::copies
