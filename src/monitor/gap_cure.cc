#include "monitor/gap_cure.h"

namespace ddm::monitor {

void cure_gaps(const compare::comparison_progress& finished, const verify::coverage& monitored,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch) {
  // A key that was left unjudged may be the very one whose change was lost.
  if (!finished.covered().covers(monitored) || finished.candidates_restless > 0) {
    return;
  }
  batch.gaps_cured_before = finished.as_of();
  for (auto& gap : gaps) {
    gap.cured = gap.cured || gap.noticed < finished.as_of();
  }
}

}  // namespace ddm::monitor
