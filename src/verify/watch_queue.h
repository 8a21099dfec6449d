// Which of many open mismatches is looked at next: of those that are due, the newest.
//
// Problem: up to hundreds of thousands are held, a look is taken fifty times a second, and few are
// due. Idea: those that wait, by the time when they are due; those that are, by their order; who
// has become due goes from one to the other. Reason: each question costs what it answers, not what
// is held.
//
// Pure. Memory: one node of a tree for each mismatch.
#pragma once

#include "base/time.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace ddm::verify {

class watch_queue {
 public:
  /// `order` is of one mismatch only; the higher, the newer.
  void add(std::int64_t order, wall_time due) { waiting_.emplace(due, order); }
  /// `due` as it was added with.
  void remove(std::int64_t order, wall_time due);
  /// The newest that is due, which is in the queue no more.
  [[nodiscard]] std::optional<std::int64_t> take(wall_time now);
  /// When take() may have one; nothing while the queue is empty.
  [[nodiscard]] std::optional<wall_time> next_due() const;

 private:
  std::set<std::pair<wall_time, std::int64_t>> waiting_;
  std::set<std::int64_t, std::greater<>> due_;
};

}  // namespace ddm::verify
