#include "compare/pair_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ddm::compare {

result<void> pair_log::open(std::string path, std::uint64_t committed_bytes, std::uint64_t mark) {
  auto opened = leftover_file::open(std::move(path), committed_bytes, mark);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  file_ = std::move(*opened);
  synced_bytes_ = file_->bytes();
  return {};
}

awaitable<result<void>> pair_log::make_durable() {
  if (writing_ || !file_ || (finished_.empty() && block_.empty())) {
    co_return result<void>{};
  }
  if (block_.empty()) {
    std::ranges::move(std::exchange(finished_, {}), std::back_inserter(durable_));
    co_return result<void>{};
  }
  // Whoever is cancelled here leaves `writing_` set: no pair is ever committed without its
  // leftovers.
  writing_ = true;
  being_written_ = std::exchange(finished_, {});
  const auto block = std::exchange(block_, {});
  auto written = co_await pool_.run([&] {
    auto appended = file_->append(block);
    return appended ? file_->sync() : appended;
  });
  if (!written) {
    co_return written;
  }
  writing_ = false;
  synced_bytes_ = file_->bytes();
  std::ranges::move(std::exchange(being_written_, {}), std::back_inserter(durable_));
  co_return result<void>{};
}

scan_counters pair_log::counted() const {
  scan_counters sum;
  for (const auto* list : {&finished_, &being_written_, &durable_}) {
    for (const auto& done : *list) {
      sum += done.counters;
    }
  }
  return sum;
}

}  // namespace ddm::compare
