// How a worker's leftovers meet those of the others, and what it may do when.
//
// Pure.
#pragma once

#include "base/error.h"
#include "compare/comparison_progress.h"

#include <cstddef>
#include <cstdint>

namespace ddm::compare {

enum class worker_step : std::uint8_t {
  all,   ///< they do not: what its own pairs leave over is judged
  scan,  ///< dealt out to all workers, and that is all
  join,  ///< what all workers dealt out to this one is joined
};

/// There is nothing more for it to do.
[[nodiscard]] bool is_over(worker_step step, const comparison_progress& progress);
/// Whether the step comes next: an error says what does.
[[nodiscard]] result<void> check_step(worker_step step, const comparison_progress& progress);

/// Whether the two sides are of one order, as a worker's first pairs tell. What they leave over it
/// can only judge by reading both tables: that is for what differs, and would be nearly everything
/// where they are not.
class order_watch {
 public:
  /// Of a finished pair: the items of both sides, and the keys that have not met. The first error
  /// that it has is told once.
  [[nodiscard]] result<void> on_pair(std::int64_t items, std::size_t left);
  /// All pairs were read: of a few items, too, it is told.
  [[nodiscard]] result<void> on_end() const;

 private:
  [[nodiscard]] result<void> told() const;

  std::int64_t items_ = 0;
  std::int64_t left_ = 0;
};

}  // namespace ddm::compare
