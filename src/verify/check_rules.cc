#include "verify/check_rules.h"

#include <algorithm>

namespace ddm::verify {
namespace {

/// How long a judgement waits for the stream to be read past it, at least, at most where max-lag is
/// shorter, and when that is unknown.
constexpr milliseconds proof_wait_min{1000};
constexpr milliseconds proof_wait_max{45'000};
constexpr milliseconds proof_wait_unknown{5000};

/// The counterpart holds one of the images seen: the first change without outcome is the one that
/// took that image's place. An image that was there before all of them proves nothing.
void note_level(check& open, const seen& counterpart, const check_facts& facts) {
  const auto& before = open.expected.before;
  open.seen.may_have_expired =
      facts.settings.counterpart_expires && !counterpart.unreadable && !counterpart.value;
  const bool proves_nothing =
      counterpart.unreadable || (before && before->digest == compared(counterpart.value));
  if (proves_nothing) {
    return;
  }
  if (const auto until = open.expected.held_until(counterpart.value, facts.now)) {
    note_met(open.asked, *until, facts);
  }
}

look_says take_look_at_both(check& open, const sight& look, const check_facts& facts) {
  if (!look.current) {
    return look_says::nothing;
  }
  open.expected.value = look.origin->value;
  if (look.agrees()) {
    return look_says::arrived;
  }
  if (!open.seen.origin) {
    open.seen.origin = origin_read{look.origin->value, facts.now};
  }
  note_difference(open, look.counterpart, facts);
  note_level(open, look.counterpart, facts);
  return look_says::differs;
}

}  // namespace

look_says take_look(check& open, const sight& look, const check_facts& facts) {
  if (look.origin) {
    return take_look_at_both(open, look, facts);
  }
  // Equal to what is expected now is conclusive even when a change came meanwhile; unequal is not.
  if (!open.expected.is_read && !look.counterpart.unreadable &&
      same(open.expected.value, look.counterpart.value)) {
    return look_says::arrived;
  }
  note_difference(open, look.counterpart, facts);
  note_level(open, look.counterpart, facts);
  return look.current || facts.is_restless(open.asked) ? look_says::differs : look_says::nothing;
}

void note_met(question& asked, const past_image& until, const check_facts& facts) {
  if (until.until <= asked.first_unmet_at || !asked.is_of_change()) {
    return;
  }
  asked.first_unmet_at = until.until;
  if (asked.comparison_asks_since && until.until > *asked.comparison_asks_since) {
    asked.comparison_asks_since.reset();
  }
  // A value that the origin gave up longer than a max-lag ago is late too: lateness goes on.
  if (facts.now - until.until_created <= facts.settings.max_lag) {
    asked.unmet_created = std::max(asked.unmet_created, until.until_created);
  }
}

wall_time note_difference(check& open, const seen& counterpart, const check_facts& facts) {
  const bool told_by_stream =
      facts.settings.way == direction::source_to_target && facts.follows(open.asked);
  if (told_by_stream || counterpart.unreadable) {
    return facts.now;
  }
  auto& differing = open.seen.differing;
  const auto digest = compared(counterpart.value);
  if (!differing || differing->counterpart != digest) {
    differing = {.counterpart = digest, .since = facts.now};
  }
  return differing->since + facts.settings.max_lag;
}

look_again await_proof(std::optional<unexplained>& seen, const image& counterpart,
                       agreement seen_as, const check_facts& facts) {
  if (!seen) {
    seen = {.counterpart = counterpart, .at = facts.now, .seen_as = seen_as};
  }
  const auto lag = facts.reached.all ? facts.now - *facts.reached.all : proof_wait_unknown;
  // It goes up and down with the listings of the stream, by a third or so.
  return {.at = facts.now + std::clamp(lag + lag / 2, proof_wait_min,
                                       std::max(facts.settings.max_lag, proof_wait_max))};
}

bool is_proven(const std::optional<unexplained>& seen, const check_facts& facts) {
  return seen && facts.reached.all && *facts.reached.all >= seen->at;
}

look_again postpone(check& open, const check_facts& facts) {
  open.at = looking{};
  open.seen.retries = 1;
  return {.at = facts.now + facts.settings.retry_wait};
}

}  // namespace ddm::verify
