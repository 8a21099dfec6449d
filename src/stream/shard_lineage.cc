#include "stream/shard_lineage.h"

#include "stream/caught_up.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>
#include <utility>

namespace ddm::stream {
namespace {

constexpr std::chrono::hours forget_after{48};

constexpr std::array<std::pair<shard_life, std::string_view>, 4> life_names{
    {{shard_life::waiting, "waiting"},
     {shard_life::reading, "reading"},
     {shard_life::done, "done"},
     {shard_life::skipped, "skipped"}}};

sequence_number sequence_of(const std::string& text) {
  return sequence_number::parse(text).value_or(sequence_number{});
}

/// An earlier process may have had a clock that was ahead of ours: what waits for these moments to
/// pass would wait for as long.
void forget_future(tracked_shard& shard, wall_time now) {
  for (auto* moment : {&shard.ended_at, &shard.last_listed}) {
    if (*moment && **moment > now) {
      *moment = now;
      shard.dirty = true;
    }
  }
}

}  // namespace

/// "shardId-00000001414562045508-2bac9cd2": milliseconds since 1970.
std::optional<wall_time> created_at(const shard_id& id) {
  constexpr std::string_view prefix = "shardId-";
  constexpr std::size_t digits = 20;
  constexpr wall_time first_ever{std::chrono::sys_days{std::chrono::year{2012} / 1 / 1}};
  std::string_view text = id.str();
  if (!text.starts_with(prefix)) {
    return std::nullopt;
  }
  text.remove_prefix(prefix.size());
  if (text.size() <= digits || text[digits] != '-') {
    return std::nullopt;
  }
  const auto number = text.substr(0, digits);
  std::int64_t since = 0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), since);
  if (failed != std::errc{} || end != number.data() + number.size() ||
      from_ms(since) < first_ever) {
    return std::nullopt;
  }
  return from_ms(since);
}

std::string_view to_string(shard_life life) {
  return std::ranges::find(life_names, life, &std::pair<shard_life, std::string_view>::first)
      ->second;
}

shard_lineage::shard_lineage(std::string stream_arn, first_position first,
                             std::optional<wall_time> told_until, milliseconds hidden_for,
                             std::optional<wall_time> of_interest_from)
    : stream_arn_(std::move(stream_arn)),
      first_(first),
      told_until_(told_until),
      hidden_for_(hidden_for),
      of_interest_from_(of_interest_from) {}

void shard_lineage::restore(const std::vector<state::shard_row>& rows) {
  for (const auto& row : rows) {
    if (row.stream_arn != stream_arn_) {
      continue;
    }
    tracked_shard shard;
    shard.id = shard_id(row.shard_id);
    if (!row.parent_id.empty()) {
      shard.parent = shard_id(row.parent_id);
    }
    for (const auto& [life, name] : life_names) {
      if (name == row.life) {
        shard.life = life;
      }
    }
    shard.from_latest = row.start == "LATEST";
    shard.begun = true;
    shard.counts_from = row.counts_from;
    shard.last_sequence = sequence_of(row.last_sequence);
    shard.resolved_sequence = sequence_of(row.resolved_sequence);
    shard.last_created = row.last_created;
    shard.caught_up_to = row.caught_up_at;
    shard.ended_at = row.ended_at;
    shard.last_listed = row.last_listed;
    shard.dirty = false;
    if (shard.life == shard_life::reading) {
      restarts_.insert(shard.id);
    }
    listed_once_ = true;
    shards_.insert_or_assign(shard.id, std::move(shard));
  }
}

void shard_lineage::add(const shard_description& seen, wall_time now, wall_time answered) {
  auto [entry, is_new] = shards_.try_emplace(seen.id);
  auto& shard = entry->second;
  if (is_new) {
    shard.id = seen.id;
    shard.parent = seen.parent;
  }
  shard.listed = true;
  shard.missed_since.reset();
  shard.first_listed = shard.first_listed.value_or(answered);
  if (!seen.open()) {
    note_closed(shard);
  }
  if (seen.parent) {  // also of a child that an earlier process has listed
    if (const auto parent = shards_.find(*seen.parent); parent != shards_.end()) {
      note_closed(parent->second);
    }
  }
  // Listings are frequent; the time is only needed to the hour, to forget what is unlisted.
  // What it says of an unread shard, and of children, is not for a part of a listing to change.
  const bool outdated =
      !shard.last_listed || (!shard.unread() && !shard.may_have_hidden_children() &&
                             now - *shard.last_listed > std::chrono::hours{1});
  if (outdated) {
    shard.last_listed = now;
    shard.dirty = true;
  }
}

void shard_lineage::note_closed(tracked_shard& shard) const {
  if (!std::exchange(shard.closed, true)) {
    shard.last_known_open = knows_all_until();
    shard.closed_since_page = true;
  }
}

std::vector<coverage_gap> shard_lineage::on_complete_listing(
    const std::vector<shard_description>& shards, wall_time now,
    std::optional<wall_time> server_time, std::optional<wall_time> answered) {
  const bool first = !std::exchange(listed_once_, true);
  std::set<shard_id> listed;
  for (const auto& each : shards) {
    listed.insert(each.id);
    add(each, now, answered.value_or(now));
  }
  on_newest_listed(now);
  if (first) {
    decide_first_listing(shards, now, server_time.value_or(now));
  }
  std::vector<coverage_gap> gaps;
  const auto gone = first ? std::map<shard_id, shard_id>() : unknown_parents(now);
  gaps.reserve(gone.size());
  for (const auto& [parent, child] : gone) {
    gaps.push_back(
        {parent,
         {},
         now,
         "the parent of " + child.str() + " was created and trimmed while nobody read it"});
  }
  for (auto& [id, shard] : shards_) {
    const bool may_be_hidden = shard.first_listed && now - *shard.first_listed < hidden_for_;
    shard.listed = listed.contains(id) || (may_be_hidden && shard.listed);
    forget_future(shard, now);
    if (shard.may_have_hidden_children()) {
      // Its children would have been shown, also if it has left the listing itself.
      const auto enough = *shard.ended_at + children_visible_within;
      shard.last_listed = shard.listed ? now : std::min(now, enough);
      shard.dirty = true;
    }
    if (shard.life != shard_life::waiting) {
      continue;
    }
    if (!shard.listed) {
      shard.missed_since = shard.missed_since.value_or(now);
    }
    // Of one that an earlier process has listed it is not known when: it may still be hidden.
    const bool may_come_again =
        !shard.first_listed && shard.missed_since && now - *shard.missed_since < hidden_for_;
    if (!shard.listed && !may_come_again) {
      gaps.push_back({id, shard.last_sequence, now, "the shard was trimmed before it was begun"});
      on_done(id, now);
    } else if (shard.parent && !shards_.contains(*shard.parent) &&
               (first || gone.contains(*shard.parent))) {
      // Begun like a shard that has none, also by a process that takes over just now.
      shard.parent.reset();
      shard.dirty = true;
    }
  }
  return gaps;
}

void shard_lineage::decide_first_listing(const std::vector<shard_description>& shards,
                                         wall_time now, wall_time server_time) {
  if (first_ == first_position::trim_horizon) {
    for (auto& [id, shard] : shards_) {
      if (told_until_ && (!shard.parent || !shards_.contains(*shard.parent))) {
        shard.last_listed = std::min(now, *told_until_);
      }
    }
    skip_older(shards, now);
    return;
  }
  std::map<shard_id, const shard_description*> all;
  for (const auto& each : shards) {
    all.emplace(each.id, &each);
  }
  for (const auto& each : shards) {
    auto& shard = shards_.at(each.id);
    if (has_open_ancestor(each.id, all)) {
      continue;  // read after it, from the beginning
    }
    if (each.open()) {
      shard.from_latest = true;
      shard.counts_from = server_time;
    } else {
      shard.life = shard_life::skipped;
      shard.ended_at = now;
    }
  }
}

/// A shard holds nothing younger than its children are. Siblings are made together, so one that is
/// hidden is as old as the one that is seen, or the shard is not skipped.
void shard_lineage::skip_older(const std::vector<shard_description>& shards, wall_time now) {
  if (!of_interest_from_) {
    return;
  }
  std::map<shard_id, wall_time> newest_child;
  for (const auto& each : shards) {
    if (each.parent) {
      auto& newest = newest_child[*each.parent];
      newest = std::max(newest, created_at(each.id).value_or(wall_time::max()));
    }
  }
  for (const auto& each : shards) {
    const auto child = newest_child.find(each.id);
    if (!each.open() && child != newest_child.end() &&
        child->second < *of_interest_from_ - closed_within) {
      auto& shard = shards_.at(each.id);
      shard.life = shard_life::skipped;
      shard.ended_at = now;
    }
  }
}

bool shard_lineage::has_open_ancestor(
    const shard_id& id, const std::map<shard_id, const shard_description*>& all) const {
  // Bounded by the number of shards, should a listing ever hold a cycle.
  auto at = all.find(id);
  for (std::size_t steps = 0; steps < all.size() && at != all.end(); ++steps) {
    if (!at->second->parent) {
      return false;
    }
    at = all.find(*at->second->parent);
    if (at != all.end() && at->second->open()) {
      return true;
    }
  }
  return false;
}

void shard_lineage::on_partial_listing(const std::vector<shard_description>& shards,
                                       wall_time now) {
  for (const auto& each : shards) {
    add(each, now, now);
  }
}

bool shard_lineage::may_start(const tracked_shard& shard) const {
  if (shard.life != shard_life::waiting) {
    return false;
  }
  if (!shard.parent) {
    return true;
  }
  const auto parent = shards_.find(*shard.parent);
  return parent != shards_.end() && !parent->second.open();
}

std::vector<shard_id> shard_lineage::take_startable() {
  std::vector<shard_id> started;
  if (!listed_once_) {
    return started;
  }
  for (auto& [id, shard] : shards_) {
    if (may_start(shard)) {
      const auto parent = shard.parent ? shards_.find(*shard.parent) : shards_.end();
      shard.read_to = parent == shards_.end() ? std::nullopt : parent->second.read_to;
      shard.life = shard_life::reading;
      shard.dirty = true;
      started.push_back(id);
    } else if (restarts_.contains(id)) {
      started.push_back(id);
    }
  }
  restarts_.clear();
  return started;
}

void shard_lineage::forget_reading() {
  newest_listed_at_.reset();
  for (auto& [id, shard] : shards_) {
    shard.read_to.reset();
    shard.last_known_open.reset();
  }
}

void shard_lineage::on_done(const shard_id& id, wall_time now) {
  auto& shard = at(id);
  if (!shard.closed) {
    shard.last_known_open = knows_all_until();
  }
  shard.life = shard_life::done;
  shard.ended_at = now;
  shard.dirty = true;
}

void shard_lineage::resolve(const std::map<std::string, sequence_number>& lowest_open) {
  for (auto& [id, shard] : shards_) {
    const auto found = lowest_open.find(id.str());
    const auto& reached = found == lowest_open.end() ? shard.last_sequence : found->second;
    if (shard.resolved_sequence < reached) {
      shard.resolved_sequence = reached;
      shard.dirty = true;
    }
  }
}

std::vector<coverage_gap> shard_lineage::on_stream_gone(wall_time now) {
  std::vector<coverage_gap> gaps;
  for (const auto& id : heirless()) {
    gaps.push_back({id, at(id).last_sequence, now,
                    "the stream is gone, and what followed this shard was never listed"});
  }
  for (const auto& [id, shard] : shards_) {
    if (shard.open()) {
      if (!trim_is_harmless(shard.caught_up_to, now)) {
        gaps.push_back({id, shard.last_sequence, now,
                        "the stream is gone, and the shard was not read to its end"});
      }
      on_done(id, now);
    }
  }
  return gaps;
}

bool shard_lineage::lost_its_beginning(const shard_id& id, wall_time now) const {
  const auto& shard = shards_.at(id);
  if (!shard.last_sequence.empty()) {
    return false;
  }
  auto reached = std::max(shard.caught_up_to, shard.counts_from);
  if (!reached) {
    const auto parent = shard.parent ? shards_.find(*shard.parent) : shards_.end();
    reached = parent == shards_.end() ? shard.last_listed : parent->second.ended_at;
  }
  return reached && now - *reached > stream_retention;
}

dynamodb::iterator_position shard_lineage::next_position(const tracked_shard& shard) {
  using dynamodb::iterator_position;
  if (!shard.last_sequence.empty()) {
    return iterator_position::after(shard.last_sequence);
  }
  // LATEST is asked for once only. After a crash, a failure or an expired iterator it would skip
  // what was written meanwhile; TRIM_HORIZON with the `counts_from` filter does not.
  return shard.from_latest && !shard.begun ? iterator_position::latest()
                                           : iterator_position::trim_horizon();
}

tracked_shard& shard_lineage::at(const shard_id& id) {
  const auto found = shards_.find(id);
  if (found == shards_.end()) {
    broken_invariant("shard " + id.str() + " is not in the lineage");
  }
  return found->second;
}

bool shard_lineage::has_children(const shard_id& id) const {
  return std::ranges::any_of(shards_, [&](const auto& each) { return each.second.parent == id; });
}

std::vector<shard_id> shard_lineage::heirless() const {
  std::set<shard_id> found;
  for (const auto& [id, shard] : shards_) {
    if (shard.may_have_hidden_children()) {
      found.insert(found.end(), id);
    }
  }
  for (const auto& [id, shard] : shards_) {
    if (found.empty()) {
      break;
    }
    if (shard.parent) {
      found.erase(*shard.parent);
    }
  }
  return {found.begin(), found.end()};
}

void shard_lineage::on_heirs_listed(const std::vector<shard_id>& parents, wall_time now) {
  for (const auto& id : parents) {
    auto& shard = at(id);
    shard.last_listed = now;
    shard.dirty = true;
  }
}

bool shard_lineage::waits_for_readers_only() const {
  return std::ranges::all_of(shards_, [&](const auto& each) {
    if (each.second.life != shard_life::waiting) {
      return true;
    }
    // Bounded by the number of shards, should a listing ever hold a cycle.
    const auto* at = &each.second;
    for (std::size_t steps = 0; steps < shards_.size() && at->parent; ++steps) {
      const auto parent = shards_.find(*at->parent);
      if (parent == shards_.end() || !parent->second.open()) {
        return false;
      }
      if (parent->second.life == shard_life::reading) {
        return true;
      }
      at = &parent->second;
    }
    return false;
  });
}

/// Those that waiting shards have, and that nothing hides any more; each with one of its children.
std::map<shard_id, shard_id> shard_lineage::unknown_parents(wall_time now) const {
  std::map<shard_id, shard_id> unknown;
  for (const auto& [id, shard] : shards_) {
    const bool settled = !shard.first_listed || now - *shard.first_listed >= hidden_for_;
    if (shard.life == shard_life::waiting && shard.parent && !shards_.contains(*shard.parent) &&
        settled) {
      unknown.emplace(*shard.parent, id);
    }
  }
  return unknown;
}

bool shard_lineage::needs_complete_listing(wall_time now) const {
  const bool was_missed = std::ranges::any_of(shards_, [&](const auto& each) {
    const auto& shard = each.second;
    return shard.life == shard_life::waiting && shard.missed_since &&
           now - *shard.missed_since >= hidden_for_;
  });
  return was_missed || !unknown_parents(now).empty();
}

/// A shard that this listing would pass over is older than the one where it begins, which was known
/// to the listing before for so long that nothing older was hidden from that one.
std::optional<shard_id> shard_lineage::newest_of_old() const {
  const auto until = knows_all_until();
  const auto newest_first = shards_ | std::views::reverse;
  const auto found = std::ranges::find_if(newest_first, [&](const auto& each) {
    const auto& first_listed = each.second.first_listed;
    return until && first_listed && *first_listed <= *until;
  });
  return found == newest_first.end() ? std::nullopt : std::optional(found->first);
}

state::shard_row shard_lineage::row_of(const tracked_shard& shard) const {
  return {.stream_arn = stream_arn_,
          .shard_id = shard.id.str(),
          .parent_id = shard.parent ? shard.parent->str() : std::string(),
          .life = std::string(to_string(shard.life)),
          .start = shard.from_latest ? "LATEST" : "TRIM_HORIZON",
          .counts_from = shard.counts_from,
          .last_sequence = std::string(shard.last_sequence.str()),
          .resolved_sequence = std::string(shard.resolved_sequence.str()),
          .last_created = shard.last_created,
          .caught_up_at = shard.caught_up_to,
          .ended_at = shard.ended_at,
          .last_listed = shard.last_listed};
}

std::vector<state::shard_row> shard_lineage::take_dirty(wall_time now,
                                                        std::vector<shard_id>& forgotten) {
  std::vector<state::shard_row> rows;
  for (auto entry = shards_.begin(); entry != shards_.end();) {
    auto& shard = entry->second;
    const bool old = !shard.open() && shard.ended_at && now - *shard.ended_at > forget_after &&
                     (!shard.last_listed || now - *shard.last_listed > forget_after);
    if (old && entry != std::prev(shards_.end())) {
      forgotten.push_back(shard.id);
      entry = shards_.erase(entry);
      continue;
    }
    if (std::exchange(shard.dirty, false)) {
      rows.push_back(row_of(shard));
    }
    ++entry;
  }
  return rows;
}

}  // namespace ddm::stream
