#include "simulation/copies/local_state.h"

#include "remote/block_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ddm::simulation::copies {
namespace {

constexpr std::int64_t pages = 6;
constexpr std::int64_t positions_per_version = 30;
constexpr std::int64_t positions_per_leftover = 40;
constexpr std::size_t leftover_bytes = 4096;
constexpr std::size_t position_digits = 20;

std::string_view block_of(const std::string& bytes, std::size_t number) {
  return std::string_view(bytes).substr(number * remote::block_bytes_max, remote::block_bytes_max);
}

/// What changes each page, now and then. The first one goes back to what it was: a block that is no
/// longer needed, and then is again.
std::string page_at(std::int64_t page, std::int64_t position) {
  const auto version = (position + page) / positions_per_version;
  return fmt::format("page {} of {:<{}}", page, page == 0 ? version % 2 : version,
                     remote::block_bytes_max);
}

}  // namespace

state_files files_at(std::int64_t position) {
  auto state = fmt::format("{:0{}} ", position, position_digits);
  for (std::int64_t page = 0; page < pages; ++page) {
    state += page_at(page, position);
  }
  std::string leftovers;
  for (std::int64_t i = 0; i < position / positions_per_leftover; ++i) {
    leftovers += fmt::format("{:>{}}", i, leftover_bytes);
  }
  return {{"leftovers", std::move(leftovers)}, {"state", std::move(state)}};
}

result<std::int64_t> position_of(const state_files& files) {
  const auto state = files.find("state");
  std::int64_t position = 0;
  if (state == files.end() || state->second.size() < position_digits ||
      std::from_chars(state->second.data(), state->second.data() + position_digits, position).ec !=
          std::errc{}) {
    return fatal("there is no state in it");
  }
  const auto wanted = files_at(position);
  for (const auto& [name, bytes] : wanted) {
    const auto found = files.find(name);
    if (found == files.end()) {
      return fatal(fmt::format("{} is missing at position {}", name, position));
    }
    if (found->second != bytes) {
      return fatal(fmt::format("{} is not that of position {}", name, position));
    }
  }
  return position;
}

awaitable<result<std::vector<remote::copied_file>>> local_state::take() {
  std::vector<remote::copied_file> files;
  picture_.clear();
  for (auto& [name, bytes] : files_at(position)) {
    remote::copied_file file{.name = name, .bytes = bytes.size(), .blocks = {}};
    for (std::size_t i = 0; i * remote::block_bytes_max < bytes.size(); ++i) {
      file.blocks.push_back(remote::name_of(block_of(bytes, i)));
    }
    files.push_back(std::move(file));
    picture_.push_back(bytes);
  }
  co_return files;
}

awaitable<result<std::vector<remote::sealed_block>>> local_state::sealed(
    std::size_t file_number, std::vector<std::size_t> block_numbers) {
  std::vector<remote::sealed_block> blocks;
  for (const auto number : block_numbers) {
    const auto bytes = block_of(picture_[file_number], number);
    blocks.push_back({.name = remote::name_of(bytes), .bytes = remote::seal(bytes)});
  }
  co_return blocks;
}

}  // namespace ddm::simulation::copies
