// Judging: strong reads of the counterpart, then of the origin, once that has rested for a max-lag.
//
//     5 s  the origin was read: X
//    75 s  counterpart Y, origin X        -> it may be ahead of our reading: kept as unexplained,
//                                            again when the stream has been read past 75 s
//    76 s  counterpart Y, origin X        -> a mismatch: X has rested, Y is no doing of a record
//
// The origin is not X any more: it has to rest anew. Both alike: passed, unless the origin moved to
// that, for a record that is not read yet may say that the change was taken back.
#include "verify/check_stages.h"

namespace ddm::verify {
namespace {

/// The stream has been read past the judgement that first saw this, equal or unequal as it is now.
/// A candidate stands for no change that could be unproven: it is equal when it is equal, and a
/// comparison alone has no stream to wait for.
[[nodiscard]] bool is_read_past(const check& open, const image& counterpart, agreement seen_as,
                                const check_facts& facts) {
  const auto& seen = std::get<judging>(open.at).seen;
  const bool needs_none = !open.asked.is_of_change() &&
                          (seen_as == agreement::agreeing || !facts.settings.follows_stream);
  return needs_none || (is_proven(seen, facts) && seen->seen_as == seen_as &&
                        same(seen->counterpart, counterpart));
}

/// A judgement found a side changed. True: the candidate never rests. Beside a stream it stays and
/// is asked again: some day it rests.
[[nodiscard]] bool gives_up(check& open, const check_facts& facts) {
  ++open.seen.judgements;
  return !open.asked.is_of_change() && open.seen.judgements >= judgements_of_candidate_max &&
         !facts.settings.follows_stream;
}

/// What was seen before counts from then, if it is what is seen now: where reading is slow, several
/// judgements come before it is proven.
[[nodiscard]] next_step see_anew(check& open, const image& counterpart, agreement seen_as,
                                 const check_facts& facts) {
  auto& seen = std::get<judging>(open.at).seen;
  if (seen && (seen->seen_as != seen_as || !same(seen->counterpart, counterpart))) {
    seen.reset();
  }
  return await_proof(seen, counterpart, seen_as, facts);
}

[[nodiscard]] next_step judge_unequal(check& open, const sight& look, const check_facts& facts) {
  const auto& origin = *look.origin;
  auto& rested = open.seen.origin;
  if (!rested || (!origin.unreadable && !same(rested->value, origin.value))) {
    // The origin moved between the two reads: it must rest for one max-lag first.
    rested = origin_read{origin.value, facts.now};
    return gives_up(open, facts) ? next_step(given_up{}) : postpone(open, facts);
  }
  if (const auto rested_at = note_difference(open, look.counterpart, facts);
      facts.now < rested_at) {
    return gives_up(open, facts) ? next_step(given_up{}) : look_again{rested_at};
  }
  if (!facts.behind.may_confirm(facts.now, open.asked.first_unmet_at)) {
    return postpone(open, facts);
  }
  if (is_read_past(open, look.counterpart.value, agreement::differing, facts)) {
    return mismatched{origin, look.counterpart};
  }
  // The origin may have moved and come back in records that are not read yet, and the counterpart
  // be on its way.
  return see_anew(open, look.counterpart.value, agreement::differing, facts);
}

}  // namespace

next_step step_judging(check& open, const sight& look, const check_facts& facts) {
  if (!look.agrees()) {
    return judge_unequal(open, look, facts);
  }
  const auto& counterpart = look.counterpart.value;
  const auto& rested = open.seen.origin;
  const bool moved = rested && !same(rested->value, look.origin->value);
  if (!moved || is_read_past(open, counterpart, agreement::agreeing, facts)) {
    return passed{same_only_by_ignoring(open.expected.value, counterpart)};
  }
  // A record that is not read yet says that this is a later change's doing: deleted again, or
  // changed back, before anything has arrived.
  return see_anew(open, counterpart, agreement::agreeing, facts);
}

}  // namespace ddm::verify
