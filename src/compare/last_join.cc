#include "compare/last_join.h"

#include "compare/leftover_dealer.h"

#include <algorithm>
#include <utility>

namespace ddm::compare {
namespace {

/// A record of the log takes about this many times its size in a join, and its candidate as much
/// again at the worst.
constexpr std::uint64_t growth_in_memory = 5;
/// Each part file takes a file descriptor; more parts share files, which are then read repeatedly.
constexpr std::uint64_t files_max = 256;
constexpr std::size_t buffer_bytes = 64UZ << 10;

}  // namespace

std::uint64_t last_join::parts_for(std::uint64_t log_bytes, std::uint64_t memory_bytes) {
  return std::max<std::uint64_t>(1, log_bytes * growth_in_memory / memory_bytes + 1);
}

last_join::last_join(std::vector<const leftover_file*> logs, std::string path, std::uint64_t parts,
                     filter counts)
    : logs_(std::move(logs)), path_(std::move(path)), parts_(parts), counts_(std::move(counts)) {}

result<void> last_join::read_logs(const leftover_file::reader& on_leftover) const {
  for (const auto* log : logs_) {
    if (auto read = log->read(on_leftover, &stopping_); !read) {
      return read;
    }
  }
  return {};
}

result<void> last_join::deal_out() {
  if (parts_ == 1) {
    return {};
  }
  const auto count = std::min(parts_, files_max);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto file = leftover_file::open_nameless(path_);
    if (!file) {
      return fail(std::move(file.error()));
    }
    files_.push_back(std::move(*file));
  }
  leftover_dealer dealer(files_, buffer_bytes);
  auto read = read_logs([&](leftover&& entry, leftover_origin from) {
    if (counts_(from)) {
      dealer.add(static_cast<std::size_t>(part_of(entry.key) % count), entry, from);
    }
  });
  auto written = dealer.finish();
  return read ? written : read;
}

result<joined_part> last_join::join(std::uint64_t part) const {
  digest_join joining;
  const auto add = [&](leftover&& entry, leftover_origin from) {
    if (counts_(from) && part_of(entry.key) == part) {
      joining.add(std::move(entry));
    }
  };
  auto read = parts_ == 1 ? read_logs(add) : files_.at(part % files_.size()).read(add, &stopping_);
  if (!read) {
    return fail(std::move(read.error()));
  }
  joined_part joined{.equal = joining.equal(), .equal_by_ignoring = joining.equal_by_ignoring()};
  joined.unmatched = joining.take();
  return joined;
}

}  // namespace ddm::compare
