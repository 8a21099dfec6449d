// What an answer means for its check: verified, look again, or confirmed.
//
// Problem: a single look proves nothing while replication is late and keys keep changing. Idea:
// each answer moves the check one step (look, first strong read of the origin, judgement by two
// strong reads), and only a judgement may end in a mismatch. Reason for every rule:
// docs/monitoring_mechanism.md, "Checking a change".
#include "verify/check_rules.h"
#include "verify/pending_checks.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace ddm::verify {
namespace {

/// What each look that found its change arrived adds to the looks allowed while replication is
/// behind, so that a catching-up is followed at pace.
constexpr double looks_per_arrival = 3;
/// How long a judgement waits for the stream to be read past it, at least, at most where max-lag is
/// shorter, and when that is unknown.
constexpr milliseconds proof_wait_min{1000};
constexpr milliseconds proof_wait_max{45'000};
constexpr milliseconds proof_wait_unknown{5000};

}  // namespace

check* pending_checks::answered(check_id id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    return nullptr;
  }
  auto& open = slots_[found->second];
  open.in_flight = false;
  open.looked = true;
  return &open;
}

void pending_checks::on_unanswered(check_id id, wall_time again_at) {
  if (auto* open = answered(id)) {
    open->looked = open->looked_unequal;
    schedule(*open, again_at);
  }
}

void pending_checks::on_look(check_id id, std::uint32_t version, const seen& counterpart,
                             wall_time now, outcomes& out) {
  auto* open = answered(id);
  if (open == nullptr) {
    return;
  }
  // Equal to what is expected now is conclusive even when a change came meanwhile; unequal is not.
  if (!open->expects_origin_read && !counterpart.unreadable &&
      same(open->expected, counterpart.value)) {
    on_equal(*open, counterpart, now, out);
    return;
  }
  note_difference(*open, counterpart, now);
  note_level(*open, counterpart, now);
  if (version != open->version && !is_restless(*open, now)) {
    schedule(*open, std::max(open->due, now + settings_.retry_wait));
  } else {
    on_unequal(*open, now);
  }
}

void pending_checks::on_expect_look(check_id id, std::uint32_t version, const seen& origin,
                                    const seen& counterpart, wall_time now, outcomes& out) {
  auto* open = answered(id);
  if (open == nullptr) {
    return;
  }
  if (version != open->version) {
    schedule(*open, std::max(open->due, now + settings_.retry_wait));
  } else if (!origin.unreadable && !counterpart.unreadable &&
             same(origin.value, counterpart.value)) {
    open->expected = origin.value;
    on_equal(*open, counterpart, now, out);
  } else {
    open->expected = origin.value;
    if (!open->s1) {
      open->s1 = origin.value;
      open->s1_at = now;
      mark_dirty(*open);
    }
    note_difference(*open, counterpart, now);
    note_level(*open, counterpart, now);
    on_unequal(*open, now);
  }
}

/// Equal proves the change only if nothing unproven came before it: an insert that was deleted
/// again, or a value changed back, is equal before anything has arrived. Such a check must hold for
/// a max-lag, and while replication as a whole is late a max-lag proves nothing.
void pending_checks::on_equal(check& open, const seen& look, wall_time now, outcomes& out) {
  open.differing.reset();
  const auto& counterpart = look.value;
  const auto asked = look.asked.value_or(now);
  const bool held = asked - open.read_at >= settings_.max_lag;
  if (open.probes_left > 0) {
    // A lag probe measures; what counts is the look at the replication wait: an older image may
    // still be written over the change.
    note_lag(open, now, out);
    open.measures_lag = false;
    open.probes_left = 0;
    schedule(open, std::max(now, open.first_look_at));
    return;
  }
  if (!open.superseded_unverified || (held && behind_.settled(asked))) {
    const bool by_ignoring = same_only_by_ignoring(open.expected, counterpart);
    const bool may_be_a_later_ones = open.expects_origin_read && open.candidate == 0;
    if (may_be_a_later_ones && !has_read_past(open.agreed_at.value_or(now))) {
      await_stream(open, by_ignoring, now);
    } else {
      verify(open, by_ignoring, now, out);
    }
    return;
  }
  if (!open.before || open.before->digest != compared(counterpart)) {
    note_met(open, {compared(counterpart), now, now}, now);
  }
  open.step = open.expects_origin_read ? check_step::expect_look : check_step::look;
  open.probes_left = 0;
  schedule(open, (held ? now : open.read_at) + settings_.max_lag);
}

/// The origin was read: it may hold a change that is not read yet. No further look is needed to
/// know; a record of the key calls it off.
void pending_checks::await_stream(check& open, bool by_ignoring, wall_time now) {
  note_met(open, {compared(open.expected), now, now}, now);
  forget_agreement(open);
  open.agreed_at = now;
  open.agreed_by_ignoring = by_ignoring;
  open.due = wall_time::max();
  agreed_.emplace(now, open.id);
}

void pending_checks::pass_proven(wall_time now, bool at_once, outcomes& out) {
  while (!agreed_.empty() && has_read_past(agreed_.begin()->first)) {
    const auto [seen_at, id] = *agreed_.begin();
    agreed_.erase(agreed_.begin());
    auto& open = slots_[by_id_.at(id)];
    if (at_once) {
      verify(open, open.agreed_by_ignoring, seen_at, out);
    } else {
      schedule(open, now);
    }
  }
}

void pending_checks::on_unequal(check& open, wall_time now) {
  open.looked_unequal = true;
  open.unequal_at = now;
  forget_agreement(open);
  if (open.probes_left > 0) {
    const auto used = probe_ages.size() - open.probes_left;
    --open.probes_left;
    const auto born = open.due - probe_ages.at(used);
    const auto next_age =
        open.probes_left > 0 ? probe_ages.at(used + 1) : settings_.replication_wait;
    schedule(open, std::max(now + milliseconds{50}, born + next_age));
    return;
  }
  if (is_restless(open, now) && !open.expects_origin_read &&
      settings_.way == direction::source_to_target) {
    open.step = check_step::judge_restless;
    schedule(open, now);
    return;
  }
  if (!open.s1 && !behind_.waits(now)) {
    open.step = check_step::first_origin;
    schedule(open, now);
    return;
  }
  const auto doubled = settings_.retry_wait * (1LL << std::min<std::uint32_t>(open.retries, 12));
  ++open.retries;
  // Spread by the key's own hash, so that many keys of one moment do not come back in one moment.
  const auto spread = doubled / 4 * static_cast<std::int64_t>(open.key.hash.high % 256) / 256;
  const auto again = now + std::min<milliseconds>(doubled + spread, settings_.max_lag);
  // A candidate has no replication to wait for: looks before its judgement would only cost.
  // And so would looks at one that has been found moving again and again.
  const bool judged_only = open.candidate != 0 &&
                           (open.judgements == 0 || open.judgements >= judgements_of_candidate_max);
  if (open.s1 && (judged_only || again >= judge_at(open))) {
    open.step = check_step::judge;
    schedule(open, std::max(now, judge_at(open)));
    return;
  }
  open.step = open.expects_origin_read ? check_step::expect_look : check_step::look;
  schedule(open, again);
}

void pending_checks::on_first_origin(check_id id, std::uint32_t version, const seen& origin,
                                     wall_time now) {
  auto* open = answered(id);
  if (open == nullptr) {
    return;
  }
  if (version == open->version) {
    open->s1 = origin.value;
    open->s1_at = now;
    mark_dirty(*open);
  }
  open->step = open->expects_origin_read ? check_step::expect_look : check_step::look;
  ++open->retries;
  schedule(*open, now + std::min(settings_.retry_wait, settings_.max_lag));
}

wall_time pending_checks::judge_at(const check& open) const {
  return std::max(std::max(open.s1_at, open.read_at) + settings_.max_lag,
                  behind_.confirms_from(open.first_unmet_at));
}

/// The stream tells of the changes of its key.
bool pending_checks::is_followed(const check& open) const {
  return open.candidate == 0 && settings_.sample.chooses(open.key.hash);
}

/// All that the origin held in the last max-lag: what a key that never rests is judged by.
bool pending_checks::knows_its_images(const check& open) const {
  return settings_.way == direction::source_to_target && is_followed(open) &&
         !open.expects_origin_read && !open.history_cut;
}

bool pending_checks::is_restless(const check& open, wall_time now) const {
  return open.superseded_unverified && now - open.first_unmet_at >= settings_.max_lag &&
         now - open.read_at < settings_.max_lag;
}

void pending_checks::on_judged(check_id id, std::uint32_t version, const seen& origin,
                               const seen& counterpart, wall_time now, outcomes& out) {
  auto* open = answered(id);
  if (open == nullptr) {
    return;
  }
  const bool restless_answer = open->step == check_step::judge_restless;
  if (!restless_answer && version != open->version) {
    schedule(*open, std::max(open->due, now));
    return;
  }
  const bool readable = !origin.unreadable && !counterpart.unreadable;
  if (restless_answer) {
    judge_restless(*open, origin, counterpart, now, out);
  } else if (readable && same(origin.value, counterpart.value)) {
    const bool moved = open->s1 && !same(*open->s1, origin.value);
    if (!moved || is_read_past(*open, counterpart.value, sighting::agreeing)) {
      verify(*open, same_only_by_ignoring(open->expected, counterpart.value), now, out);
    } else {
      // A record that is not read yet says that this is a later change's doing: deleted again, or
      // changed back, before anything has arrived.
      see_anew(*open, counterpart.value, sighting::agreeing, now);
    }
  } else {
    judge_resting(*open, origin, counterpart, now, out);
  }
}

void pending_checks::judge_resting(check& open, const seen& origin, const seen& counterpart,
                                   wall_time now, outcomes& out) {
  if (!open.s1 || (!origin.unreadable && !same(*open.s1, origin.value))) {
    // The origin moved between the two reads: it must rest for one max-lag first.
    open.s1 = origin.value;
    open.s1_at = now;
    mark_dirty(open);
    if (!give_up_candidate(open, out)) {
      postpone(open, now);
    }
  } else if (const auto rested_at = note_difference(open, counterpart, now); now < rested_at) {
    if (!give_up_candidate(open, out)) {
      schedule(open, rested_at);
    }
  } else if (!behind_.may_confirm(now, open.first_unmet_at)) {
    postpone(open, now);
  } else if (is_read_past(open, counterpart.value, sighting::differing)) {
    confirm(open, origin, counterpart, now, out);
  } else {
    // The origin may have moved and come back in records that are not read yet, and the counterpart
    // be on its way.
    see_anew(open, counterpart.value, sighting::differing, now);
  }
}

/// What was seen before counts from then, if it is what is seen now: where reading is slow, several
/// judgements come before it is proven.
void pending_checks::see_anew(check& open, const image& counterpart, sighting seen_as,
                              wall_time now) {
  if (open.stray && (open.stray_seen_as != seen_as || !same(*open.stray, counterpart))) {
    open.stray.reset();
  }
  await_proof(open, counterpart, seen_as, now);
}

/// A judgement found a side changed. True: the candidate never rests, and has been closed so.
/// Beside a stream it stays and is asked again: some day it rests.
bool pending_checks::give_up_candidate(check& open, outcomes& out) {
  ++open.judgements;
  if (open.candidate == 0 || open.judgements < judgements_of_candidate_max ||
      settings_.follows_stream) {
    return false;
  }
  ++out.candidates_restless;
  out.candidates_closed.push_back(open.candidate);
  close(open);
  return true;
}

/// Without the source's stream, or of a candidate, only our looks tell that the source has changed;
/// what it holds has a max-lag to arrive from the look that saw it first, and a counterpart that
/// changes says that something does arrive. Returns when that is over.
wall_time pending_checks::note_difference(check& open, const seen& counterpart, wall_time now) {
  const bool told_by_stream = settings_.way == direction::source_to_target && is_followed(open);
  if (told_by_stream || counterpart.unreadable) {
    return now;
  }
  const auto digest = compared(counterpart.value);
  if (!open.differing || *open.differing != digest) {
    open.differing = digest;
    open.differing_since = now;
  }
  return open.differing_since + settings_.max_lag;
}

void pending_checks::judge_restless(check& open, const seen& origin, const seen& counterpart,
                                    wall_time now, outcomes& out) {
  const bool readable = !origin.unreadable && !counterpart.unreadable;
  const auto until = !readable ? std::nullopt
                     : same(origin.value, counterpart.value)
                         ? std::optional(past_image{compared(counterpart.value), now, now})
                         : held_until(open, counterpart.value, now);
  if (until && now - until->until <= settings_.max_lag) {
    // Replication of this key is alive.
    note_met(open, *until, now);
    open.stray.reset();
    open.step = open.expects_origin_read ? check_step::expect_look : check_step::look;
    schedule(open, now + settings_.replication_wait);
    return;
  }
  // A key that has come to rest meanwhile is judged as one that rests.
  if (!is_restless(open, now) || !knows_its_images(open)) {
    postpone(open, now);
    return;
  }
  if (open.stray && !origin.unreadable && same(origin.value, *open.stray)) {
    // What it held then is what the origin has become since: no finding could say what is wrong.
    open.stray.reset();
  }
  if (stray_is_proven(open) && behind_.may_confirm(now, open.first_unmet_at)) {
    // What it holds now may be an image that is not read yet: what it held then is none.
    confirm(open, origin, {.value = *open.stray, .unreadable = counterpart.unreadable}, now, out);
    return;
  }
  await_proof(open, counterpart.value, sighting::differing, now);
}

/// The stream has been read past the judgement that first saw this, equal or unequal as it is now.
/// A candidate stands for no change that could be unproven: it is equal when it is equal, and a
/// comparison alone has no stream to wait for.
bool pending_checks::is_read_past(const check& open, const image& counterpart,
                                  sighting seen_as) const {
  const bool needs_none =
      open.candidate != 0 && (seen_as == sighting::agreeing || !settings_.follows_stream);
  return needs_none ||
         (stray_is_proven(open) && open.stray_seen_as == seen_as && same(*open.stray, counterpart));
}

/// The counterpart may be ahead of our reading: what it holds is looked at again when the stream
/// has been read past this moment.
void pending_checks::await_proof(check& open, const image& counterpart, sighting seen_as,
                                 wall_time now) {
  if (!open.stray) {
    open.stray = counterpart;
    open.stray_seen_as = seen_as;
    open.stray_at = now;
  }
  const auto reading_lag = all_read_up_to_ ? now - *all_read_up_to_ : proof_wait_unknown;
  // The lag goes up and down with the listings of the stream, by a third or so.
  schedule(open, now + std::clamp(reading_lag + reading_lag / 2, proof_wait_min,
                                  std::max(settings_.max_lag, proof_wait_max)));
}

void pending_checks::postpone(check& open, wall_time now) {
  open.step = open.expects_origin_read ? check_step::expect_look : check_step::look;
  open.retries = 1;
  open.stray.reset();
  schedule(open, now + settings_.retry_wait);
}

/// Until when the origin held this value, as far as the stream has told; nothing: it never did.
std::optional<past_image> pending_checks::held_until(const check& open, const image& value,
                                                     wall_time now) {
  if (!open.expects_origin_read && same(open.expected, value)) {
    return past_image{compared(value), now, now};
  }
  const auto digest = compared(value);
  for (const auto& past : std::views::reverse(open.history)) {
    if (past.digest == digest) {
      return past;
    }
  }
  return open.before && open.before->digest == digest ? open.before : std::nullopt;
}

/// The counterpart holds one of the images seen: the first change without outcome is the one that
/// took that image's place. An image that was there before all of them proves nothing.
void pending_checks::note_level(check& open, const seen& counterpart, wall_time now) {
  open.may_have_expired =
      settings_.counterpart_expires && !counterpart.unreadable && !counterpart.value;
  const bool proves_nothing =
      counterpart.unreadable || (open.before && open.before->digest == compared(counterpart.value));
  if (proves_nothing) {
    return;
  }
  if (const auto until = held_until(open, counterpart.value, now)) {
    note_met(open, *until, now);
  }
}

void pending_checks::note_met(check& open, const past_image& until, wall_time now) {
  if (until.until <= open.first_unmet_at || open.candidate != 0) {
    return;
  }
  behind_.on_moved(open.first_unmet_at, until.until);
  open.first_unmet_at = until.until;
  if (open.comparison_asks_since && until.until > *open.comparison_asks_since) {
    open.comparison_asks_since.reset();
  }
  // A value that the origin gave up longer than a max-lag ago is late too: lateness goes on.
  if (now - until.until_created <= settings_.max_lag) {
    open.unmet_created = std::max(open.unmet_created, until.until_created);
  }
  mark_dirty(open);
  note_arrival();
}

void pending_checks::note_arrival() {
  if (behind_.behind()) {
    parked_allowance_ += looks_per_arrival;
  }
}

void pending_checks::verify(check& open, bool equal_by_ignoring, wall_time now, outcomes& out) {
  if (open.candidate != 0) {
    ++out.candidates_equal;
    out.candidates_closed.push_back(open.candidate);
  } else {
    note_arrival();
    ++out.verified;
    if (equal_by_ignoring) {
      ++out.equal_by_ignoring;
    }
    note_lag(open, now, out);
  }
  auto& keys = open.candidate != 0 ? out.agreed : out.passed;
  keys.push_back(std::move(open.key));
  open.key.hash = keys.back().hash;
  close(open);
}

void pending_checks::note_lag(const check& open, wall_time now, outcomes& out) const {
  if (open.measures_lag && !open.superseded_unverified && !behind_.behind()) {
    out.lags.push_back({std::max(milliseconds{0}, now - open.lag_base), !open.looked_unequal});
  }
}

void pending_checks::confirm(check& open, const seen& origin, const seen& counterpart,
                             wall_time now, outcomes& out) {
  const bool forward = settings_.way == direction::source_to_target;
  const bool is_candidate = open.candidate != 0;
  confirmation verdict{
      .key = std::move(open.key),
      .candidate = open.candidate,
      .origin = origin,
      .counterpart = counterpart,
      // A record of the source's stream says that the source once held the item.
      .delete_seen = is_candidate ? open.source_held : forward,
      .ttl_delete_seen = is_candidate ? open.source_held : forward && open.ttl_delete_seen,
      .counterpart_is_earlier_image = forward && !is_candidate && counterpart.value &&
                                      held_until(open, counterpart.value, now).has_value(),
      .shard_id = shard_names_.at(open.shard),
      .sequence = open.sequence,
      .first_seen = open.first_unmet_at};
  open.key.hash = verdict.key.hash;
  if (is_candidate) {
    out.candidates_closed.push_back(open.candidate);
  }
  out.confirmed.push_back(std::move(verdict));
  close(open);
}

}  // namespace ddm::verify
