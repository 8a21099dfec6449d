// Changes that wait in the state for a check, for want of memory: written with the commits, brought
// back as there is room. What finds no room there either is left, and is a gap.
#pragma once

#include "monitor/coverage_gaps.h"
#include "monitor/session_part.h"
#include "runtime/clock.h"
#include "state/state_store.h"
#include "verify/finding_book.h"
#include "verify/pending_checks.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

class deferred_feed final : public session_part {
 public:
  /// What it works with; everything outlives it.
  struct parts {
    state::state_store& store;
    verify::pending_checks& checks;
    verify::finding_book& findings;
    coverage_gaps& gaps;
    clock& time;
    const std::uint64_t& commits_begun;
  };
  struct questions {
    std::function<bool()> target_is_ready;
    std::function<std::int64_t()> deferred;       ///< changes that are
    std::function<wall_time()> comparison_began;  ///< the one that is unfinished
    std::function<void(const verify::outcomes&)> on_outcomes;
  };
  deferred_feed(parts with, questions ask, std::int64_t deferred_max);

  /// Rows for the next commit, and whether some were left.
  void on_outcomes(const verify::outcomes& out);

  /// Before a comparison ends with this commit.
  void collect(state::commit_batch& batch) override;
  [[nodiscard]] awaitable<result<void>> refill() override;

 private:
  [[nodiscard]] awaitable<result<void>> bring_back();
  [[nodiscard]] awaitable<result<void>> count();

  parts parts_;
  questions ask_;
  std::int64_t deferred_max_;
  std::vector<state::deferred_row> new_;
  std::vector<std::string> taken_;
  std::optional<wall_time> left_at_;  ///< changes without room, since the last commit
  wall_time counted_next_;
};

}  // namespace ddm::monitor
