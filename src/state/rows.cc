#include "state/rows.h"

namespace ddm::state {

bool commit_batch::empty() const {
  return shards.empty() && shards_forgotten.empty() && checks.empty() && checks_closed.empty() &&
         deferred.empty() && deferred_taken.empty() && mismatches.empty() &&
         finding_lines.empty() && gaps.empty() && gaps_extended.empty() && !comparison_begun &&
         pairs.empty() && candidates.empty() && candidates_closed.empty() && !gaps_cured_before &&
         numbers.empty() && values.empty() && numbers_once.empty() && values_once.empty();
}

}  // namespace ddm::state
