#include "monitor/gap_cure.h"

namespace ddm::monitor {

void cure_gaps(const compare::comparison_progress& finished, const verify::coverage& monitored,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch) {
  // A key that was left unjudged may be the very one whose change was lost.
  if (!finished.covered().covers(monitored) || finished.candidates_restless > 0) {
    return;
  }
  // What was lost since an export was made is not in it, and was not looked at.
  if (!finished.is_current()) {
    return;
  }
  batch.gaps_cured_before = finished.started();
  for (auto& gap : gaps) {
    gap.cured = gap.cured || gap.noticed < finished.started();
  }
}

}  // namespace ddm::monitor
