#include "monitor/gap_cure.h"

namespace ddm::monitor {

void cure_gaps(const compare::comparison_progress& finished, std::uint64_t monitored_rate,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch) {
  if (static_cast<std::uint64_t>(finished.sample_rate) > monitored_rate) {
    return;
  }
  batch.gaps_cured_before = finished.started();
  for (auto& gap : gaps) {
    gap.cured = gap.cured || gap.noticed < finished.started();
  }
}

}  // namespace ddm::monitor
