// A comparison of the whole tables makes up for what was lost from the stream before it began.
#pragma once

#include "compare/comparison_progress.h"
#include "state/rows.h"

#include <vector>

namespace ddm::monitor {

/// `finished` cures the gaps noticed before its start, in `gaps` and in the commit, if it looked at
/// all that the monitor looks at.
void cure_gaps(const compare::comparison_progress& finished, const verify::coverage& monitored,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch);

}  // namespace ddm::monitor
