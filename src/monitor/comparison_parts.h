// One comparison that several workers make, each of them in a state of its own.
//
// Problem: tables that one host does not read fast enough are compared by many; any of them may die
// and go on elsewhere, and all must come out as if one process had done it.
// Idea: what all must share (segments, sample, secrets, the keys that are judged whatever the scans
// say) is a state in which a comparison has begun and nothing else. A part begins as a copy of
// that, with the keys that are its worker's; its worker goes on with it as with any comparison that
// was interrupted. Merged, the parts are one state with a finished comparison, from which another
// takes in what is new as from a command on another host (monitor/handover.h).
// Reason: a worker is a `compare` that reads fewer pairs; nothing of scanning, judging and resuming
// is new.
//
// Example: three workers of eight segments.
//   prepared  comparison 10:00:00, 8 segments, 5 keys to be judged
//   0000      the same, worker 0 of 3, keys 0 and 3; segments 0, 3, 6
//   0001      …                        keys 1 and 4; segments 1, 4, 7
//   merged    comparison 10:00:00, 8 of 8 segments, 5 keys judged; the findings of all
#pragma once

#include "compare/comparison_progress.h"
#include "dynamodb/names.h"
#include "runtime/asio.h"
#include "state/state_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::monitor {

/// Read units that its processes have consumed, in thousandths.
inline constexpr auto compared_source_units_name = "comparison.compare.consumed_source_milliunits";
inline constexpr auto compared_target_units_name = "comparison.compare.consumed_target_milliunits";

/// What a state has of the comparison of `compare`.
[[nodiscard]] compare::comparison_progress comparison_in(const state::news& all);

/// Whether a part is of the comparison that was prepared, and of this share of it.
[[nodiscard]] bool is_part_of(const compare::comparison_progress& part,
                              const compare::comparison_progress& prepared,
                              const compare::worker_share& share);

/// `prepared` is a copy of a state that goes on elsewhere: what is done from here on is this one's
/// own. `run`: an id that is never given twice; `base`: when the copy was made.
[[nodiscard]] awaitable<result<void>> begin_of_copy(state::state_store& prepared, std::string run,
                                                    wall_time base);
/// `part` is a copy of the prepared state: it becomes the part of `share`. `run`: an id of its own,
/// `part_id` too.
[[nodiscard]] awaitable<result<void>> begin_part(state::state_store& part,
                                                 compare::worker_share share, std::string run,
                                                 std::int64_t part_id);

/// Puts parts together, one after the other.
class part_merger {
 public:
  struct facts {
    dynamodb::key_schema schema;
    std::int64_t workers = 1;
    wall_time now;
    std::string run;  ///< an id that is never given twice
  };
  /// `into` is a copy of the prepared state. It outlives the merger.
  part_merger(state::state_store& into, facts how) : into_(into), how_(std::move(how)) {}

  /// Before the first part.
  [[nodiscard]] awaitable<result<void>> begin();
  /// An error (wrong_usage): it is of another comparison, or of another share.
  [[nodiscard]] awaitable<result<void>> add(state::state_store& part, std::int64_t worker);
  /// There is nothing of that worker.
  void note_missing(std::int64_t worker) { missing_.push_back(worker); }
  /// Workers whose parts are not there, or not complete.
  [[nodiscard]] const std::vector<std::int64_t>& missing() const { return missing_; }
  [[nodiscard]] const std::vector<std::int64_t>& incomplete() const { return incomplete_; }
  /// Commits the sums; where no part is missing or incomplete, the comparison has finished when the
  /// last of them had. An error (wrong_usage): what one has joined is of a part that is no more.
  [[nodiscard]] awaitable<result<void>> finish();

 private:
  void add_numbers(const state::news& part);
  [[nodiscard]] result<void> check_joined() const;

  state::state_store& into_;
  facts how_;
  state::news prepared_;
  compare::comparison_progress begun_;
  compare::comparison_progress sum_;
  state::commit_batch last_;            ///< for finish()
  std::string parts_;                   ///< their ids, as comparison_progress::joined_of
  std::vector<std::string> joined_of_;  ///< of the parts that have joined
  std::vector<std::int64_t> missing_;
  std::vector<std::int64_t> incomplete_;
};

}  // namespace ddm::monitor
