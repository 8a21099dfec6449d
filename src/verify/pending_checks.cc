// The book of open checks: changes come in, reads that are due go out. What an answer means is in
// check_stages.h.
#include "verify/pending_checks.h"

#include <algorithm>
#include <utility>

namespace ddm::verify {
namespace {

using dynamodb::change_record;
using dynamodb::event_kind;

/// Images kept for a key that never rests; beyond it, such a key cannot be judged until it rests.
constexpr std::size_t history_max = 4096;
/// Creation times are cut to the second: a change may be this much younger than it says.
constexpr milliseconds creation_slack{1000};

/// Of a deferred_row or candidate_row.
item_key key_of(const auto& row) {
  return {.json = row.key_json, .hash = digest128::from_bytes(row.key_hash).value_or(digest128{})};
}

/// What the origin held before the first change of a check.
std::optional<past_image> image_before(const change_record& record, wall_time now, wall_time made) {
  if (record.kind == event_kind::insert) {
    return past_image{std::nullopt, now, made};
  }
  return record.old_image ? std::optional(past_image{record.old_image->compared, now, made})
                          : std::nullopt;
}

}  // namespace

pending_checks::pending_checks(check_settings settings)
    : settings_(settings),
      behind_(settings.max_lag, settings.stall_after),
      schedule_(table_, settings.lag_probes_per_second),
      unchecked_(settings.deferred_max) {}

// Questions

void pending_checks::on_change(change_record record, const change_context& where, wall_time now,
                               outcomes& out) {
  auto* known = table_.find(record.key.hash);
  if (known == nullptr && !has_room()) {
    defer(std::move(record), now, out);
    return;
  }
  const auto made = where.created_is_coarse ? now : record.created;
  auto& open = known == nullptr ? open_for(record, where, made, now) : *known;
  auto& asked = open.open.asked;
  if (known != nullptr && !asked.is_of_change()) {
    become_change(open, now, out);
    asked.unmet_created = made;
  } else if (known != nullptr) {
    ++out.superseded;
    supersede(open.open, record, now, made);
  }
  expect(open.open, record);
  asked.shard = table_.shard_index(where.shard_id);
  asked.sequence = record.sequence;
  asked.created = record.created;
  asked.read_at = now;
  plan_first_look(open, where, now, known == nullptr);
  table_.book(open);
  table_.mark_dirty(open);
}

pending_checks::entry& pending_checks::open_for(const change_record& record,
                                                const change_context& where, wall_time made,
                                                wall_time now) {
  // What changes only what is ignored looks arrived before it has.
  const bool looks_arrived = record.old_image && record.new_image &&
                             record.old_image->compared == record.new_image->compared;
  // A change of the key without a check has no outcome yet, like one that is superseded.
  const bool unproven_before =
      where.mismatch_open || looks_arrived || unchecked_.may_contain(record.key.hash);
  auto& open = table_.open({.asked = {.key = record.key,
                                      .first_unmet_at = now,
                                      .unmet_created = made,
                                      .unproven_before = unproven_before},
                            .expected = {.before = image_before(record, now, made)}});
  behind_.on_opened(now);
  return open;
}

void pending_checks::defer(change_record record, wall_time now, outcomes& out) {
  const bool is_delete = record.kind == event_kind::remove;
  if (auto row = unchecked_.defer(std::move(record.key), now)) {
    ++out.deferred;
    out.deferred_rows.push_back(*std::move(row));
    return;
  }
  ++out.left;
  out.left_deletes += is_delete ? 1 : 0;
}

/// The key of a candidate changed: the check of the change answers the comparison's question too.
void pending_checks::become_change(entry& open, wall_time now, outcomes& out) {
  auto& asked = open.open.asked;
  out.candidates_closed.push_back(asked.candidate);
  table_.become_change(open);
  asked.unproven_before = true;
  asked.comparison_asks_since = now;
  asked.first_unmet_at = now;
  asked.unmet_created = now;
  open.open.seen.retries = 0;
  open.open.seen.origin.reset();
  behind_.on_opened(now);
}

void pending_checks::supersede(check& open, const change_record& record, wall_time now,
                               wall_time made) {
  open.asked.unproven_before = true;
  open.seen.origin.reset();
  auto& expected = open.expected;
  auto& history = expected.history;
  std::erase_if(history,
                [&](const past_image& past) { return now - past.until > settings_.max_lag; });
  if (!has_room_for_image(expected)) {
    history = std::vector<past_image>();  // `{}` would keep its memory
    expected.history_cut = true;
  } else if (!expected.is_read) {
    history.push_back({compared(expected.value), now, made});
  } else if (record.old_image) {
    history.push_back({record.old_image->compared, now, made});
  } else {
    expected.history_cut = true;
  }
  if (history.size() > history_max) {
    history.erase(history.begin(), history.begin() + history_max / 4);
    expected.history_cut = true;
  }
}

/// A history that is full grows to twice its size: that counts before it happens.
bool pending_checks::has_room_for_image(const expectation& expected) const {
  const auto& images = expected.history;
  const auto growth =
      images.size() < images.capacity() ? 0 : std::max<std::size_t>(images.size(), 1);
  return bytes() + growth * sizeof(past_image) < settings_.memory_bytes_max;
}

void pending_checks::expect(check& open, const change_record& record) {
  ++open.asked.version;
  open.seen.judgements = 0;
  forget_agreement(open);
  auto& expected = open.expected;
  const bool deleted = record.kind == event_kind::remove;
  expected.is_read = !deleted && (record.kind == event_kind::unknown || !record.new_image);
  expected.value = deleted || expected.is_read ? std::nullopt : record.new_image;
  expected.ttl_delete_seen = deleted ? record.by_ttl : record.kind == event_kind::unknown;
  // The stream's table has held what the other was seen to hold since: that look tells no more.
  auto& differing = open.seen.differing;
  if (differing && (expected.is_read || differing->counterpart == compared(expected.value))) {
    differing.reset();
  }
  // A restless key's judgement is about all its recent images: a newer one does not call it off,
  // unless it is the very image that was found.
  if (auto* judged = std::get_if<restless>(&open.at)) {
    if (judged->seen && !expected.is_read && same(judged->seen->counterpart, expected.value)) {
      judged->seen.reset();
    }
  } else if (!open.is_at<probing>()) {
    open.at = looking{};
  }
}

void pending_checks::plan_first_look(entry& open, const change_context& where, wall_time now,
                                     bool is_new) {
  const auto created = open.open.asked.created;
  const auto born = where.created_is_coarse ? now : std::min(now, created + creation_slack);
  auto due = std::max(now, born + settings_.replication_wait);
  if (is_new && where.fresh && !behind_.behind() && schedule_.take_lag_probe(now)) {
    open.open.seen.lag_from = where.created_is_coarse ? now : created;
    open.open.at = probing{.first_look_at = due, .left = probe_ages.size()};
    due = std::max(now, born + probe_ages.front());
  } else if (auto* probes = std::get_if<probing>(&open.open.at)) {
    probes->first_look_at = due;
  }
  // A key that changes all the time keeps the rhythm of its looks: a new change never delays them.
  if (is_new || open.in_flight || due < open.due) {
    schedule_.schedule(open, due);
  }
}

void pending_checks::on_undeferred(const state::deferred_row& row, wall_time now, outcomes& out) {
  auto key = key_of(row);
  out.undeferred += row.changes;
  unchecked_.on_undeferred();
  if (auto* open = table_.find(key.hash)) {
    if (!open->open.asked.is_of_change()) {
      become_change(*open, now, out);
      out.superseded += row.changes - 1;
    } else {
      // A newer change of the key is being checked already.
      out.superseded += row.changes;
      open->open.asked.unproven_before = true;
      if (forget_agreement(open->open)) {
        schedule_.schedule(*open, now);
      }
    }
    table_.mark_dirty(*open);
    return;
  }
  out.superseded += row.changes - 1;
  const auto since = from_ms(row.since_ms);
  auto& open = table_.open({
      .asked = {.key = std::move(key),
                .shard = table_.shard_index(""),
                .created = since,
                // Of several changes only the first one's time is known.
                .read_at = row.changes == 1 ? since : now,
                .first_unmet_at = now,
                .unmet_created = now,
                .unproven_before = true},
      // Who deleted it is not known any more: the item's own TTL tells.
      .expected = {.is_read = true, .ttl_delete_seen = true},
  });
  behind_.on_opened(now);
  schedule_.schedule(open, now);
  table_.book(open);
  table_.mark_dirty(open);
}

void pending_checks::on_candidate(const state::candidate_row& row, wall_time now, outcomes& out) {
  auto key = key_of(row);
  if (auto* open = table_.find(key.hash)) {
    out.candidates_closed.push_back(row.id);
    out.candidates_twice += open->open.asked.is_of_change() ? 0 : 1;
    answer_comparison(*open, now);
    return;
  }
  auto& open = table_.open({.asked = {.key = std::move(key),
                                      .shard = table_.shard_index(""),
                                      .created = now,
                                      .read_at = now,
                                      .first_unmet_at = now,
                                      .unmet_created = now,
                                      .candidate = row.id,
                                      .source_held = row.source_held},
                            .expected = {.is_read = true}});
  schedule_.schedule(open, now);
  table_.book(open);
}

/// The check of a change answers the comparison's question too. After a gap, that change need not
/// be the key's newest: what counts is what the origin holds now, not what was seen before.
void pending_checks::answer_comparison(entry& open, wall_time now) {
  auto& [id, asked, expected, seen, at] = open.open;
  ++asked.version;
  asked.comparison_asks_since = now;
  if (!expected.is_read) {
    expected.is_read = true;
    expected.value.reset();
  }
  if (forget_agreement(open.open)) {
    schedule_.schedule(open, now);
  }
  table_.mark_dirty(open);
}

/// Whether there was one: the check waits for no look then.
bool pending_checks::forget_agreement(check& open) {
  const auto* agreed = std::get_if<awaiting_stream>(&open.at);
  if (agreed == nullptr) {
    return false;
  }
  schedule_.await_no_more(agreed->agreed_at, open.id);
  open.at = looking{};
  return true;
}

void pending_checks::on_gap() {
  table_.each([this](entry& open) {
    open.open.expected.history_cut = true;
    table_.mark_dirty(open);
  });
}

void pending_checks::on_pause(milliseconds lasted) {
  table_.each([&](entry& open) {
    open.open.asked.unmet_created -= lasted;
    for (auto& past : open.open.expected.history) {
      past.until_created -= lasted;
    }
    table_.mark_dirty(open);
  });
}

void pending_checks::restore(check kept, std::string_view shard_id, bool comparable,
                             wall_time now) {
  const bool followed = settings_.sample.chooses(kept.asked.key.hash);
  if (!comparable || !followed) {
    kept.expected.forget_images();
    kept.seen.origin.reset();
  }
  kept.expected.is_read = kept.expected.is_read || !followed;
  kept.asked.shard = table_.shard_index(shard_id);
  auto& open = table_.restore(std::move(kept));
  behind_.on_opened(open.open.asked.first_unmet_at);
  table_.book(open);
  if (!comparable || !followed) {
    // What was forgotten stays so: the next start finds other settings, or a sample with this key.
    table_.mark_dirty(open);
  }
  // A crash is no reason to look before replication has had its time.
  schedule_.schedule(open, std::max(now, open.open.asked.read_at + settings_.replication_wait));
}

void pending_checks::close(entry& open) {
  forget_agreement(open.open);
  if (open.open.asked.is_of_change()) {
    behind_.on_closed(open.open.asked.first_unmet_at);
  }
  table_.close(open);
}

// Reads

void pending_checks::hasten(wall_time now) {
  table_.each([&](entry& open) {
    auto& [id, asked, expected, seen, at] = open.open;
    if (asked.is_of_change()) {
      seen.judgements = 0;  // whether it comes to rest counts from now on
    }
    const bool waits_to_look = open.open.is_at<looking>() || open.open.is_at<probing>();
    if (!open.in_flight && waits_to_look && seen.retries == 0 && open.due > now &&
        !asked.unproven_before) {
      at = looking{};
      schedule_.schedule(open, now);
    }
  });
}

std::vector<read_request> pending_checks::take_due(wall_time now, std::size_t reads_max) {
  std::vector<read_request> reads;
  for (const auto* due : schedule_.take_due(now, behind_.waits(now), reads_max)) {
    const auto& [id, asked, expected, seen, at] = due->open;
    const auto step = due->open.next_read();
    const bool looks = step == check_step::look || step == check_step::expect_look;
    const bool is_probe = due->open.is_at<probing>();
    reads.push_back({.id = id,
                     .version = asked.version,
                     .step = step,
                     .may_wait = looks && !seen.looked && !is_probe && asked.is_of_change(),
                     .key = asked.key});
  }
  return reads;
}

bool pending_checks::update_behind(wall_time now) {
  const bool changed = behind_.update(now);
  const auto ready_at = unchecked_.target_ready_at();
  if (ready_at && reached_.known && *reached_.known >= *ready_at + settings_.max_lag &&
      behind_.settled(now)) {
    unchecked_.settle_left();
  }
  if (!behind_.waits(now)) {
    schedule_.release(now);
  }
  return changed;
}

}  // namespace ddm::verify
