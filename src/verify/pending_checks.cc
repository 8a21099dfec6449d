// The book of open checks: changes come in, reads that are due go out. What an answer means is in
// check_answers.cc.
#include "verify/pending_checks.h"

#include "verify/check_codec.h"
#include "verify/check_rules.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace ddm::verify {
namespace {

using dynamodb::change_record;
using dynamodb::event_kind;

/// Images kept for a key that never rests; beyond it, such a key cannot be judged until it rests.
constexpr std::size_t history_max = 4096;
/// While behind: looks a second that find out whether replication moves again.
constexpr double parked_probes_per_second = 5;
/// Creation times are cut to the second: a change may be this much younger than it says.
constexpr milliseconds creation_slack{1000};
/// Bookkeeping around a check that sizeof does not see: map entries, timers, allocator overhead.
constexpr std::uint32_t overhead_bytes = 160;

/// Of a deferred_row or candidate_row.
item_key key_of(const auto& row) {
  return {.json = row.key_json, .hash = digest128::from_bytes(row.key_hash).value_or(digest128{})};
}

}  // namespace

pending_checks::pending_checks(check_settings settings)
    : settings_(settings), behind_(settings.max_lag, settings.stall_after) {}

void pending_checks::on_change(change_record record, const change_context& where, wall_time now,
                               outcomes& out) {
  const auto found = by_key_.find(record.key.hash);
  if (found == by_key_.end() && !has_room()) {
    defer(std::move(record), now, out);
    return;
  }
  const bool is_new = found == by_key_.end();
  const auto made = where.created_is_coarse ? now : record.created;
  auto& open =
      is_new
          ? place(
                {.id = next_id_++, .key = record.key, .first_unmet_at = now, .unmet_created = made})
          : slots_[found->second];
  if (is_new) {
    // What changes only what is ignored looks arrived before it has.
    const bool looks_arrived = record.old_image && record.new_image &&
                               record.old_image->compared == record.new_image->compared;
    // A deferred change of the key has no outcome yet, like one that is superseded; one that was
    // left unchecked gets none.
    open.superseded_unverified = where.mismatch_open || looks_arrived ||
                                 deferred_keys_.may_contain(record.key.hash) ||
                                 left_keys_.may_contain(record.key.hash);
    if (record.kind == event_kind::insert) {
      open.before = past_image{std::nullopt, now, made};
    } else if (record.old_image) {
      open.before = past_image{record.old_image->compared, now, made};
    }
  } else if (open.candidate != 0) {
    become_change(open, now, out);
    open.unmet_created = made;
  } else {
    ++out.superseded;
    supersede(open, record, now, made);
  }
  expect(open, record);
  open.shard = shard_index(where.shard_id);
  open.sequence = record.sequence;
  open.created = record.created;
  open.read_at = now;
  plan_first_look(open, where, now, is_new);
  book(open);
  mark_dirty(open);
}

/// Beyond the bound on disk a change is left to a comparison, like those that were read before the
/// target was there: what is left has one max-lag to arrive.
void pending_checks::defer(change_record record, wall_time now, outcomes& out) {
  if (deferred_rows_ >= settings_.deferred_max) {
    ++out.left;
    out.left_deletes += record.kind == event_kind::remove ? 1 : 0;
    note_left(record.key.hash);
    target_ready_at_ = now;
    return;
  }
  ++out.deferred;
  ++deferred_rows_;
  deferred_keys_.add(record.key.hash);
  out.deferred_rows.push_back({.key_hash = record.key.hash.bytes(),
                               .key_json = std::move(record.key.json),
                               .changes = 1,
                               .since_ms = to_ms(now)});
}

/// The key of a candidate changed: the check of the change answers the comparison's question too.
void pending_checks::become_change(check& open, wall_time now, outcomes& out) {
  out.candidates_closed.push_back(std::exchange(open.candidate, 0));
  --candidates_;
  open.superseded_unverified = true;
  open.comparison_asks_since = now;
  open.first_unmet_at = now;
  open.unmet_created = now;
  open.retries = 0;
  open.s1.reset();
  behind_.on_opened(open.first_unmet_at);
}

void pending_checks::supersede(check& open, const change_record& record, wall_time now,
                               wall_time made) {
  open.superseded_unverified = true;
  std::erase_if(open.history,
                [&](const past_image& past) { return now - past.until > settings_.max_lag; });
  if (!has_room_for_image(open)) {
    open.history = std::vector<past_image>();  // `{}` would keep its memory
    open.history_cut = true;
  } else if (!open.expects_origin_read) {
    open.history.push_back({compared(open.expected), now, made});
  } else if (record.old_image) {
    open.history.push_back({record.old_image->compared, now, made});
  } else {
    open.history_cut = true;
  }
  if (open.history.size() > history_max) {
    open.history.erase(open.history.begin(), open.history.begin() + history_max / 4);
    open.history_cut = true;
  }
  open.s1.reset();
}

/// A history that is full grows to twice its size: that counts before it happens.
bool pending_checks::has_room_for_image(const check& open) const {
  const auto& images = open.history;
  const auto growth =
      images.size() < images.capacity() ? 0 : std::max<std::size_t>(images.size(), 1);
  return bytes_ + growth * sizeof(past_image) < settings_.memory_bytes_max;
}

void pending_checks::expect(check& open, const change_record& record) {
  ++open.version;
  open.judgements = 0;
  forget_agreement(open);
  if (record.kind == event_kind::remove) {
    open.expects_origin_read = false;
    open.expected.reset();
    open.ttl_delete_seen = record.by_ttl;
  } else {
    open.expects_origin_read = record.kind == event_kind::unknown || !record.new_image;
    open.expected = open.expects_origin_read ? std::nullopt : record.new_image;
    open.ttl_delete_seen = record.kind == event_kind::unknown;
  }
  // The stream's table has held what the other was seen to hold since: that look tells no more.
  if (open.differing && (open.expects_origin_read || *open.differing == compared(open.expected))) {
    open.differing.reset();
  }
  // A restless key's judgement is about all its recent images: a newer one does not call it off,
  // unless it is the very image that was found.
  if (open.step != check_step::judge_restless) {
    open.step = open.expects_origin_read ? check_step::expect_look : check_step::look;
    open.stray.reset();
  } else if (open.stray && !open.expects_origin_read && same(*open.stray, open.expected)) {
    open.stray.reset();
  }
}

void pending_checks::plan_first_look(check& open, const change_context& where, wall_time now,
                                     bool is_new) {
  const auto born = where.created_is_coarse ? now : std::min(now, open.created + creation_slack);
  open.lag_base = where.created_is_coarse ? now : open.created;
  auto due = std::max(now, born + settings_.replication_wait);
  open.first_look_at = due;
  if (is_new && where.fresh && !behind_.behind() && take_lag_probe(now)) {
    open.measures_lag = true;
    open.probes_left = probe_ages.size();
    due = std::max(now, born + probe_ages.front());
  }
  // A key that changes all the time keeps the rhythm of its looks: a new change never delays them.
  if (is_new || open.in_flight || due < open.due) {
    schedule(open, due);
  }
}

bool pending_checks::take_lag_probe(wall_time now) {
  const double elapsed = std::chrono::duration<double>(now - lag_probe_at_).count();
  lag_probe_tokens_ = std::min(settings_.lag_probes_per_second,
                               lag_probe_tokens_ + elapsed * settings_.lag_probes_per_second);
  lag_probe_at_ = now;
  if (lag_probe_tokens_ < 1) {
    return false;
  }
  lag_probe_tokens_ -= 1;
  return true;
}

void pending_checks::on_undeferred(const state::deferred_row& row, wall_time now, outcomes& out) {
  auto key = key_of(row);
  out.undeferred += row.changes;
  deferred_rows_ = std::max<std::int64_t>(0, deferred_rows_ - 1);
  if (const auto found = by_key_.find(key.hash); found != by_key_.end()) {
    auto& open = slots_[found->second];
    if (open.candidate != 0) {
      become_change(open, now, out);
      out.superseded += row.changes - 1;
    } else {
      // A newer change of the key is being checked already.
      out.superseded += row.changes;
      open.superseded_unverified = true;
      if (forget_agreement(open)) {
        schedule(open, now);
      }
    }
    mark_dirty(open);
    return;
  }
  out.superseded += row.changes - 1;
  const auto since = from_ms(row.since_ms);
  auto& open = place({.id = next_id_++,
                      .key = std::move(key),
                      .step = check_step::expect_look,
                      .shard = shard_index(""),
                      .expects_origin_read = true,
                      .superseded_unverified = true,
                      // Who deleted it is not known any more: the item's own TTL tells.
                      .ttl_delete_seen = true,
                      .created = since,
                      // Of several changes only the first one's time is known.
                      .read_at = row.changes == 1 ? since : now,
                      .first_unmet_at = now,
                      .unmet_created = now});
  schedule(open, now);
  book(open);
  mark_dirty(open);
}

void pending_checks::restore_deferred(std::int64_t changes, std::int64_t rows) {
  deferred_rows_ = rows;
  if (changes > 0) {
    deferred_keys_.add_unknown();
  }
}

void pending_checks::note_deferred(std::int64_t changes) {
  if (changes == 0) {
    deferred_rows_ = 0;
    deferred_keys_.clear();
  }
}

void pending_checks::note_left(const digest128& key_hash) {
  left_keys_.add(key_hash);
  left_settled_ = false;
}

void pending_checks::restore_left() {
  left_keys_.add_unknown();
  left_settled_ = false;
}

void pending_checks::update_left(wall_time now) {
  const bool over = target_ready_at_ && read_up_to_ &&
                    *read_up_to_ >= *target_ready_at_ + settings_.max_lag && behind_.settled(now);
  if (over && !left_settled_) {
    left_keys_.clear();
    left_settled_ = true;
  }
}

void pending_checks::on_candidate(const state::candidate_row& row, wall_time now, outcomes& out) {
  auto key = key_of(row);
  if (const auto found = by_key_.find(key.hash); found != by_key_.end()) {
    out.candidates_closed.push_back(row.id);
    out.candidates_twice += slots_[found->second].candidate != 0 ? 1 : 0;
    answer_comparison(slots_[found->second], now);
    return;
  }
  auto& open = place({.id = next_id_++,
                      .key = std::move(key),
                      .step = check_step::expect_look,
                      .shard = shard_index(""),
                      .expects_origin_read = true,
                      .candidate = row.id,
                      .source_held = row.source_held,
                      .created = now,
                      .read_at = now,
                      .first_unmet_at = now,
                      .unmet_created = now});
  schedule(open, now);
  book(open);
}

/// The check of a change answers the comparison's question too. After a gap, that change need not
/// be the key's newest: what counts is what the origin holds now, not what was seen before.
void pending_checks::answer_comparison(check& open, wall_time now) {
  ++open.version;
  open.comparison_asks_since = now;
  if (!open.expects_origin_read) {
    open.expects_origin_read = true;
    open.expected.reset();
  }
  if (open.step == check_step::look) {
    open.step = check_step::expect_look;
  }
  if (forget_agreement(open)) {
    schedule(open, now);
  }
  mark_dirty(open);
}

/// Whether there was one: the check waits for no look then.
bool pending_checks::forget_agreement(check& open) {
  if (!open.agreed_at) {
    return false;
  }
  agreed_.erase({*open.agreed_at, open.id});
  open.agreed_at.reset();
  return true;
}

void pending_checks::on_gap() {
  for (const auto& [hash, at] : by_key_) {
    slots_[at].history_cut = true;
    mark_dirty(slots_[at]);
  }
}

void pending_checks::on_pause(milliseconds lasted) {
  for (const auto& [hash, at] : by_key_) {
    auto& open = slots_[at];
    open.unmet_created -= lasted;
    for (auto& past : open.history) {
      past.until_created -= lasted;
    }
    mark_dirty(open);
  }
}

void pending_checks::restore(check open, std::string_view shard_id, bool comparable,
                             wall_time now) {
  next_id_ = std::max(next_id_, open.id + 1);
  const bool followed = is_followed(open);
  if (!comparable || !followed) {
    forget_images(open);
  }
  if (!followed) {
    open.expects_origin_read = true;
  }
  open.shard = shard_index(shard_id);
  open.step = open.expects_origin_read ? check_step::expect_look : check_step::look;
  auto& placed = place(std::move(open));
  book(placed);
  if (!comparable) {
    mark_dirty(placed);  // with the settings that the next start will find
  }
  // A crash is no reason to look before replication has had its time.
  schedule(placed, std::max(now, placed.read_at + settings_.replication_wait));
}

/// Absence is absence under any settings.
void pending_checks::forget_images(check& open) {
  open.expects_origin_read = open.expects_origin_read || open.expected.has_value();
  open.expected.reset();
  if (open.before && open.before->digest) {
    open.before.reset();
  }
  open.history = std::vector<past_image>();
  open.history_cut = true;
  open.s1.reset();
}

check& pending_checks::place(check fresh) {
  slot at = 0;
  if (free_slots_.empty()) {
    at = static_cast<slot>(slots_.size());
    slots_.emplace_back();
  } else {
    at = free_slots_.back();
    free_slots_.pop_back();
  }
  auto& open = slots_[at];
  open = std::move(fresh);
  by_key_.insert_or_assign(open.key.hash, at);
  by_id_.emplace(open.id, at);
  if (open.candidate == 0) {
    behind_.on_opened(open.first_unmet_at);
  } else {
    ++candidates_;
  }
  return open;
}

void pending_checks::close(check& open) {
  forget_agreement(open);
  if (open.candidate == 0) {
    behind_.on_closed(open.first_unmet_at);
  } else {
    --candidates_;
  }
  if (open.persisted) {
    closed_.push_back(open.id);
  }
  const auto at = by_id_.at(open.id);
  by_key_.erase(open.key.hash);
  by_id_.erase(open.id);
  bytes_ -= open.bytes;
  open = check{};
  free_slots_.push_back(at);
}

void pending_checks::book(check& open) {
  const auto bytes =
      static_cast<std::uint32_t>(sizeof(check) + overhead_bytes + open.key.json.size() +
                                 open.history.capacity() * sizeof(past_image));
  bytes_ = bytes_ - open.bytes + bytes;
  open.bytes = bytes;
}

void pending_checks::mark_dirty(check& open) {
  if (open.candidate == 0 && !std::exchange(open.dirty, true)) {
    dirty_.push_back(open.id);
  }
}

std::uint32_t pending_checks::shard_index(std::string_view shard_id) {
  if (const auto found = shard_indices_.find(shard_id); found != shard_indices_.end()) {
    return found->second;
  }
  const auto index = static_cast<std::uint32_t>(shard_names_.size());
  shard_names_.emplace_back(shard_id);
  shard_indices_.emplace(shard_id, index);
  return index;
}

void pending_checks::schedule(check& open, wall_time due) {
  open.due = due;
  if (!open.in_flight) {
    timers_.push({due, by_id_.at(open.id), open.id});
  }
}

void pending_checks::hasten(wall_time now) {
  for (const auto& [hash, at] : by_key_) {
    auto& open = slots_[at];
    if (open.candidate == 0) {
      open.judgements = 0;  // whether it comes to rest counts from now on
    }
    const bool waits_to_look =
        open.step == check_step::look || open.step == check_step::expect_look;
    if (!open.in_flight && waits_to_look && open.retries == 0 && open.due > now &&
        !open.superseded_unverified && !open.agreed_at) {
      open.probes_left = 0;
      schedule(open, now);
    }
  }
}

read_request pending_checks::request_of(check& open) {
  open.in_flight = true;
  const bool looks = open.step == check_step::look || open.step == check_step::expect_look;
  const bool first_look = looks && !open.looked && open.probes_left == 0 && open.candidate == 0;
  return {.id = open.id,
          .version = open.version,
          .step = open.step,
          .may_wait = first_look,
          .key = open.key};
}

std::vector<read_request> pending_checks::take_due(wall_time now, std::size_t reads_max) {
  std::vector<read_request> reads;
  if (behind_.waits(now)) {
    park_due(now);
    while (!parked_.empty() && parked_allowance_ >= 1 && reads.size() < reads_max) {
      const auto id = parked_.begin()->second;
      parked_.erase(parked_.begin());
      const auto found = by_id_.find(id);
      if (found != by_id_.end() && !slots_[found->second].in_flight) {
        parked_allowance_ -= 1;
        reads.push_back(request_of(slots_[found->second]));
      }
    }
    return reads;
  }
  while (!timers_.empty() && timers_.top().due <= now && reads.size() < reads_max) {
    const auto next = timers_.top();
    timers_.pop();
    auto& open = slots_[next.at];
    if (open.id == next.id && open.due == next.due && !open.in_flight) {
      reads.push_back(request_of(open));
    }
  }
  return reads;
}

void pending_checks::park_due(wall_time now) {
  const double elapsed = std::chrono::duration<double>(now - allowance_at_).count();
  parked_allowance_ = std::min(
      parked_allowance_max, parked_allowance_ + std::min(elapsed, 1.0) * parked_probes_per_second);
  allowance_at_ = now;
  while (!timers_.empty() && timers_.top().due <= now) {
    const auto next = timers_.top();
    timers_.pop();
    const auto& open = slots_[next.at];
    if (open.id == next.id && open.due == next.due && !open.in_flight) {
      // Behind its last look in the queue, so that a change that is lost does not block the front.
      parked_.emplace(open.looked ? open.due : open.first_unmet_at, open.id);
    }
  }
}

std::optional<wall_time> pending_checks::next_due() const {
  std::optional<wall_time> due;
  if (!timers_.empty()) {
    due = timers_.top().due;
  }
  if (!parked_.empty()) {
    const auto probe = allowance_at_ + milliseconds{200};
    due = due ? std::min(*due, probe) : probe;
  }
  return due;
}

bool pending_checks::update_behind(wall_time now) {
  const bool changed = behind_.update(now);
  update_left(now);
  if (!behind_.waits(now)) {
    for (const auto& [age, id] : parked_) {
      const auto found = by_id_.find(id);
      if (found != by_id_.end()) {
        schedule(slots_[found->second], now);
      }
    }
    parked_.clear();
    parked_allowance_ = 0;
  }
  return changed;
}

void pending_checks::take_dirty(std::vector<state::check_row>& rows,
                                std::vector<std::int64_t>& closed) {
  for (const auto id : dirty_) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) {
      continue;
    }
    auto& open = slots_[found->second];
    open.dirty = false;
    open.persisted = true;
    rows.push_back({id, encode_check(open, shard_names_.at(open.shard))});
  }
  dirty_.clear();
  closed = std::exchange(closed_, {});
}

}  // namespace ddm::verify
