// Resting: what the origin holds at the first unequal look is read strongly, once.
//
//     5 s  look: unequal                  -> strong read of the origin: X
//     7 s  looking goes on; the check is judged no earlier than a max-lag after that read
//
// A mismatch needs an origin that held X then and at the judgement. Where a change has come
// meanwhile the answer is of an older question, and the next unequal look asks anew.
#include "verify/check_stages.h"

#include <algorithm>

namespace ddm::verify {

next_step step_resting(check& open, const sight& look, const check_facts& facts) {
  if (look.current) {
    open.seen.origin = origin_read{look.origin->value, facts.now};
  }
  open.at = looking{};
  ++open.seen.retries;
  return look_again{facts.now + std::min(facts.settings.retry_wait, facts.settings.max_lag)};
}

}  // namespace ddm::verify
