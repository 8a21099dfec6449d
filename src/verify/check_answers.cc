// What an answer does to the book of checks: the step of the check's stage (check_stages.h), and
// what follows from it for schedule, table and outcomes.
#include "verify/pending_checks.h"

#include <algorithm>
#include <utility>

namespace ddm::verify {

pending_checks::entry* pending_checks::answered(check_id id) {
  auto* open = table_.find(id);
  if (open != nullptr) {
    open->in_flight = false;
    open->open.seen.looked = true;
  }
  return open;
}

void pending_checks::on_unanswered(check_id id, wall_time again_at) {
  if (auto* open = answered(id)) {
    open->open.seen.looked = open->open.seen.unequal_at.has_value();
    schedule_.schedule(*open, again_at);
  }
}

void pending_checks::on_look(check_id id, std::uint32_t version, const seen& counterpart,
                             wall_time now, outcomes& out) {
  if (auto* open = answered(id)) {
    const bool current = version == open->open.asked.version;
    take_step(*open, on_look_answered, {.counterpart = counterpart, .current = current}, now, out);
  }
}

void pending_checks::on_expect_look(check_id id, std::uint32_t version, const seen& origin,
                                    const seen& counterpart, wall_time now, outcomes& out) {
  if (auto* open = answered(id)) {
    const bool current = version == open->open.asked.version;
    take_step(*open, on_look_answered,
              {.counterpart = counterpart, .origin = origin, .current = current}, now, out);
  }
}

void pending_checks::on_first_origin(check_id id, std::uint32_t version, const seen& origin,
                                     wall_time now) {
  if (auto* open = answered(id)) {
    const bool current = version == open->open.asked.version;
    outcomes none;
    take_step(*open, step_resting, {.origin = origin, .current = current}, now, none);
  }
}

void pending_checks::on_judged(check_id id, std::uint32_t version, const seen& origin,
                               const seen& counterpart, wall_time now, outcomes& out) {
  if (auto* open = answered(id)) {
    const bool current = version == open->open.asked.version;
    take_step(*open, on_judgement_answered,
              {.counterpart = counterpart, .origin = origin, .current = current}, now, out);
  }
}

check_facts pending_checks::facts(const entry& open, wall_time now) const {
  return {
      .settings = settings_, .behind = behind_, .reached = reached_, .now = now, .due = open.due};
}

void pending_checks::take_step(entry& open, step made, const sight& look, wall_time now,
                               outcomes& out) {
  auto& [id, asked, expected, seen, at] = open.open;
  const auto agreed_at = [&] {
    const auto* agreed = std::get_if<awaiting_stream>(&at);
    return agreed == nullptr ? std::nullopt : std::optional(agreed->agreed_at);
  };
  const auto unmet_before = asked.first_unmet_at;
  const auto origin_before = seen.origin;
  const auto agreed_before = agreed_at();
  const auto next = made(open.open, look, facts(open, now));
  if (asked.first_unmet_at != unmet_before) {
    behind_.on_moved(unmet_before, asked.first_unmet_at);
    note_arrival();
    table_.mark_dirty(open);
  }
  if (seen.origin != origin_before) {
    table_.mark_dirty(open);
  }
  if (const auto agreed = agreed_at(); agreed != agreed_before) {
    if (agreed_before) {
      schedule_.await_no_more(*agreed_before, id);
    }
    if (agreed) {
      schedule_.await_stream(*agreed, id);
    }
  }
  if (const auto* again = std::get_if<look_again>(&next)) {
    if (again->measured_lag) {
      note_lag(open.open, now, out);
      seen.lag_from.reset();
    }
    schedule_.schedule(open, again->at);
  } else if (const auto* passes = std::get_if<passed>(&next)) {
    pass(open, passes->by_ignoring, now, out);
  } else if (const auto* found = std::get_if<mismatched>(&next)) {
    confirm(open, *found, now, out);
  } else if (std::holds_alternative<given_up>(next)) {
    give_up(open, out);
  } else {
    open.due = wall_time::max();
  }
}

void pending_checks::pass_proven(wall_time now, bool at_once, outcomes& out) {
  const auto is_read = [this](wall_time moment) { return has_read_past(moment); };
  while (const auto proven = schedule_.take_awaiting(is_read)) {
    auto& open = *table_.find(proven->second);
    if (at_once) {
      pass(open, std::get<awaiting_stream>(open.open.at).by_ignoring, proven->first, out);
    } else {
      schedule_.schedule(open, now);
    }
  }
}

/// While replication is behind, what arrives tells that it moves again.
void pending_checks::note_arrival() {
  if (behind_.behind()) {
    schedule_.allow_more();
  }
}

void pending_checks::pass(entry& open, bool by_ignoring, wall_time now, outcomes& out) {
  auto& asked = open.open.asked;
  if (asked.is_of_change()) {
    note_arrival();
    ++out.verified;
    out.equal_by_ignoring += by_ignoring ? 1 : 0;
    note_lag(open.open, now, out);
  } else {
    ++out.candidates_equal;
    out.candidates_closed.push_back(asked.candidate);
  }
  auto& keys = asked.is_of_change() ? out.passed : out.agreed;
  keys.push_back(std::move(asked.key));  // its hash stays, by which it is found
  close(open);
}

void pending_checks::give_up(entry& open, outcomes& out) {
  ++out.candidates_restless;
  out.candidates_closed.push_back(open.open.asked.candidate);
  close(open);
}

void pending_checks::note_lag(const check& open, wall_time now, outcomes& out) const {
  if (open.seen.lag_from && !open.asked.unproven_before && !behind_.behind()) {
    out.lags.push_back(
        {std::max(milliseconds{0}, now - *open.seen.lag_from), !open.seen.unequal_at});
  }
}

void pending_checks::confirm(entry& open, const mismatched& found, wall_time now, outcomes& out) {
  auto& [id, asked, expected, seen, at] = open.open;
  const bool forward = settings_.way == direction::source_to_target;
  const bool of_change = asked.is_of_change();
  confirmation verdict{
      .key = std::move(asked.key),
      .candidate = asked.candidate,
      .origin = found.origin,
      .counterpart = found.counterpart,
      // A record of the source's stream says that the source once held the item.
      .delete_seen = of_change ? forward : asked.source_held,
      .ttl_delete_seen = of_change ? forward && expected.ttl_delete_seen : asked.source_held,
      .counterpart_is_earlier_image = forward && of_change && found.counterpart.value &&
                                      expected.held_until(found.counterpart.value, now).has_value(),
      .shard_id = table_.shard_id(open.open),
      .sequence = asked.sequence,
      .first_seen = asked.first_unmet_at};
  asked.key.hash = verdict.key.hash;
  if (!of_change) {
    out.candidates_closed.push_back(asked.candidate);
  }
  out.confirmed.push_back(std::move(verdict));
  close(open);
}

}  // namespace ddm::verify
