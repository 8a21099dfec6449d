#include "monitor/gap_cure.h"

namespace ddm::monitor {

void cure_gaps(const compare::comparison_progress& finished, const verify::coverage& monitored,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch) {
  if (!finished.covered().covers(monitored)) {
    return;
  }
  batch.gaps_cured_before = finished.started();
  for (auto& gap : gaps) {
    gap.cured = gap.cured || gap.noticed < finished.started();
  }
}

}  // namespace ddm::monitor
