// Restless: the key changes all the time, so that no max-lag passes in which it rests.
//
//     0 s  a change is read, and another one each second from then on
//    60 s  a look is unequal, again       -> strong reads, held against the images of the last
//                                            max-lag, which the records have told
//    60 s  counterpart: the image of 58 s -> replication of this key is alive: looking goes on
//    60 s  counterpart: no such image     -> kept as unexplained, for it may be one that is not
//                                            read yet; read past 60 s: a mismatch
//
// A newer change calls nothing off, unless it brings the very image that was found. A key that has
// come to rest, or of which not all images are known, is judged as one that rests.
#include "verify/check_stages.h"

namespace ddm::verify {

next_step step_restless(check& open, const sight& look, const check_facts& facts) {
  const auto& counterpart = look.counterpart;
  const auto& origin = *look.origin;
  const auto until =
      !look.readable() ? std::nullopt
      : look.agrees() ? std::optional(past_image{compared(counterpart.value), facts.now, facts.now})
                      : open.expected.held_until(counterpart.value, facts.now);
  if (until && facts.now - until->until <= facts.settings.max_lag) {
    note_met(open.asked, *until, facts);
    open.at = looking{};
    return look_again{facts.now + facts.settings.replication_wait};
  }
  if (!facts.is_restless(open.asked) || !facts.knows_images(open)) {
    return postpone(open, facts);
  }
  auto& seen = std::get<restless>(open.at).seen;
  if (seen && !origin.unreadable && same(origin.value, seen->counterpart)) {
    // What it held then is what the origin has become since: no finding could say what is wrong.
    seen.reset();
  }
  if (is_proven(seen, facts) && facts.behind.may_confirm(facts.now, open.asked.first_unmet_at)) {
    // What it holds now may be an image that is not read yet: what it held then is none.
    return mismatched{origin, {.value = seen->counterpart, .unreadable = counterpart.unreadable}};
  }
  return await_proof(seen, counterpart.value, agreement::differing, facts);
}

}  // namespace ddm::verify
