#include "verify/watch_queue.h"

namespace ddm::verify {

void watch_queue::remove(std::int64_t order, wall_time due) {
  if (due_.erase(order) == 0) {
    waiting_.erase({due, order});
  }
}

std::optional<std::int64_t> watch_queue::take(wall_time now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    due_.insert(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
  if (due_.empty()) {
    return std::nullopt;
  }
  return due_.extract(due_.begin()).value();
}

std::optional<wall_time> watch_queue::next_due() const {
  if (!due_.empty()) {
    return wall_time::min();
  }
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

}  // namespace ddm::verify
