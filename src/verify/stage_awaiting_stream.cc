// Awaiting the stream: no record tells what the origin held, and both tables were seen alike.
//
//     0 s  a record without an image is read
//     5 s  look at both: alike             -> this may be the doing of a change that is not read
//     yet 7 s  the stream was read past 5 s    -> passed, unless a record of the key has come
//
// No further look is needed to know (pending_checks::pass_proven). While one side could not be read
// in between, one is made all the same: alike again passes, unequal goes on as looking does.
#include "verify/check_stages.h"

namespace ddm::verify {

next_step step_awaiting_stream(check& open, const sight& look, look_says says,
                               const check_facts& facts) {
  if (says == look_says::arrived) {
    return step_arrived(open, look.counterpart, std::get<awaiting_stream>(open.at).agreed_at,
                        facts);
  }
  open.at = looking{};
  return step_looking(open, look, says, facts);
}

}  // namespace ddm::verify
