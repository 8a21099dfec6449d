// A comparison of the whole tables makes up for what was lost from the stream before it began.
//
// Problem: it makes up for what it looked at, and no more. A sample finds nothing of what a
// comparison of every key had no room to list, and must not wash that out.
// Idea: it has to look at all that the monitor looks at. Where no monitor has run on this state,
// at all that each comparison looked at that began while a gap was open.
// Reason: who compares again with the flags of before makes up for the gap, with or without a
// monitor; who looks at less does not.
//
// Example: `compare --findings-max 2` finds 5 wrong keys and lists 2: a gap. `compare --sample-rate
// 10` finds none, and the gap stays. `compare` finds none, and the gap is cured.
#pragma once

#include "compare/comparison_progress.h"
#include "state/rows.h"
#include "verify/coverage.h"

#include <optional>
#include <vector>

namespace ddm::monitor {

/// What a comparison has to look at to cure gaps.
class cure_demand {
 public:
  static cure_demand of_monitor(verify::coverage looks_at);
  /// As a state has it.
  static cure_demand in(const state::news& all);

  [[nodiscard]] bool is_met_by(const verify::coverage& looked_at) const;
  /// In the commit by which a comparison of `looks_at` begins, or is taken in: what is lost from
  /// now on, or is lost already, it will be asked of the next ones.
  void note_comparison(const verify::coverage& looks_at, const std::vector<state::gap_row>& gaps,
                       state::commit_batch& batch);

 private:
  bool has_monitor_ = false;
  std::optional<verify::coverage> asked_;  ///< nothing: whatever it looks at
};

/// `finished` cures the gaps noticed before its start, in `gaps` and in the commit, if it looked at
/// all that is demanded.
void cure_gaps(const compare::comparison_progress& finished, const cure_demand& demand,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch);

}  // namespace ddm::monitor
