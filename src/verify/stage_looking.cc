// Looking: reads of the counterpart at growing distances, until it has what was expected.
//
//     0 s  a change is read
//     5 s  look: the old image           -> resting: the origin is read strongly, and rests
//     7 s  look: the old image           -> again after 4 s, then 8 s …, at most a max-lag
//    11 s  look: what was expected       -> passed
//
// Equal proves the change only if nothing unproven came before it: an insert that was deleted
// again, or a value changed back, is equal before anything has arrived. Such a check must hold for
// a max-lag, and while replication as a whole is late a max-lag proves nothing. A look that is
// unequal when the origin has rested for a max-lag is the last one: judging follows.
#include "verify/check_stages.h"

#include <algorithm>

namespace ddm::verify {
namespace {

[[nodiscard]] wall_time judge_at(const check& open, const check_facts& facts) {
  return std::max(std::max(open.seen.origin->at, open.asked.read_at) + facts.settings.max_lag,
                  facts.behind.confirms_from(open.asked.first_unmet_at));
}

/// A candidate has no replication to wait for: looks before its judgement would only cost. And so
/// would looks at one that has been found moving again and again.
[[nodiscard]] bool is_judged_only(const check& open) {
  const auto judgements = open.seen.judgements;
  return !open.asked.is_of_change() &&
         (judgements == 0 || judgements >= judgements_of_candidate_max);
}

/// Doubling; spread by the key's own hash, so that many keys of one moment do not come back in one
/// moment.
[[nodiscard]] milliseconds next_distance(check& open, const check_settings& settings) {
  const auto doubled =
      settings.retry_wait * (1LL << std::min<std::uint32_t>(open.seen.retries, 12));
  ++open.seen.retries;
  const auto spread = doubled / 4 * static_cast<std::int64_t>(open.asked.key.hash.high % 256) / 256;
  return std::min<milliseconds>(doubled + spread, settings.max_lag);
}

next_step step_differs(check& open, const check_facts& facts) {
  if (facts.is_restless(open.asked) && !open.expected.is_read &&
      facts.settings.way == direction::source_to_target) {
    open.at = restless{};
    return look_again{facts.now};
  }
  if (!open.seen.origin && !facts.behind.waits(facts.now)) {
    open.at = resting{};
    return look_again{facts.now};
  }
  const auto again = facts.now + next_distance(open, facts.settings);
  if (open.seen.origin && (is_judged_only(open) || again >= judge_at(open, facts))) {
    open.at = judging{};
    return look_again{std::max(facts.now, judge_at(open, facts))};
  }
  open.at = looking{};
  return look_again{again};
}

}  // namespace

next_step step_arrived(check& open, const seen& counterpart, wall_time agreed_at,
                       const check_facts& facts) {
  auto& asked = open.asked;
  const auto looked_at = counterpart.asked.value_or(facts.now);
  const bool held = looked_at - asked.read_at >= facts.settings.max_lag;
  if (!asked.unproven_before || (held && facts.behind.settled(looked_at))) {
    const bool by_ignoring = same_only_by_ignoring(open.expected.value, counterpart.value);
    const bool may_be_a_later_ones = open.expected.is_read && asked.is_of_change();
    if (!may_be_a_later_ones || facts.has_read_past(agreed_at)) {
      return passed{by_ignoring};
    }
    note_met(asked, {compared(open.expected.value), facts.now, facts.now}, facts);
    open.at = awaiting_stream{.agreed_at = facts.now, .by_ignoring = by_ignoring};
    return await_reading{};
  }
  const auto& before = open.expected.before;
  if (!before || before->digest != compared(counterpart.value)) {
    note_met(asked, {compared(counterpart.value), facts.now, facts.now}, facts);
  }
  open.at = looking{};
  return look_again{(held ? facts.now : asked.read_at) + facts.settings.max_lag};
}

next_step step_looking(check& open, const sight& look, look_says says, const check_facts& facts) {
  return says == look_says::arrived ? step_arrived(open, look.counterpart, facts.now, facts)
                                    : step_differs(open, facts);
}

}  // namespace ddm::verify
