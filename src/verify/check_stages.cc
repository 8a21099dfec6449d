#include "verify/check_stages.h"

#include <algorithm>

namespace ddm::verify {

next_step on_look_answered(check& open, const sight& look, const check_facts& facts) {
  const auto says = take_look(open, look, facts);
  if (says == look_says::nothing) {
    return look_again{std::max(facts.due, facts.now + facts.settings.retry_wait)};
  }
  if (says == look_says::arrived) {
    open.seen.differing.reset();
  } else {
    open.seen.unequal_at = facts.now;
  }
  if (open.is_at<probing>()) {
    return step_probing(open, says, facts);
  }
  if (open.is_at<awaiting_stream>()) {
    return step_awaiting_stream(open, look, says, facts);
  }
  return step_looking(open, look, says, facts);
}

next_step on_judgement_answered(check& open, const sight& look, const check_facts& facts) {
  if (open.is_at<restless>()) {
    return step_restless(open, look, facts);
  }
  if (!look.current) {
    return look_again{std::max(facts.due, facts.now)};
  }
  return step_judging(open, look, facts);
}

}  // namespace ddm::verify
