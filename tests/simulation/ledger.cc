#include "simulation/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

namespace ddm::simulation {
namespace {

using support::fake_shard;
using support::fake_stream;
using support::same_item;

/// The monitor may have known this long before that the target is ready.
constexpr milliseconds noticed_late_by{6'000};

/// Shard ids begin with the time of their creation: "shardId-<20 digits of ms>-…".
wall_time created_of(const std::string& shard_id) {
  std::int64_t ms = 0;
  std::from_chars(shard_id.data() + 8, shard_id.data() + 28, ms);
  return from_ms(ms);
}

}  // namespace

bool same_but_for(const std::set<std::string>& ignored, const item_ptr& a, const item_ptr& b) {
  if (support::same_item(a, b)) {
    return true;
  }
  if (!a || !b || ignored.empty()) {
    return false;
  }
  const auto rest = [&](const item_ptr& item) {
    dynamodb::attribute_value document = item->document;
    auto& attributes = std::get<dynamodb::attribute_map>(document.value);
    for (const auto& name : ignored) {
      attributes.erase(name);
    }
    return document;
  };
  return dynamodb::equal(rest(a), rest(b));
}

std::string show(const item_ptr& item) { return item ? item->json : "absent"; }

std::string history_of(const key_story& story) {
  std::string text;
  const auto add = [&](const char* side, const std::vector<version>& versions) {
    for (auto i = versions.size() - std::min<std::size_t>(versions.size(), 6); i < versions.size();
         ++i) {
      text += fmt::format("\n      {} {} {}{}", format_rfc3339(versions[i].at), side,
                          show(versions[i].item), versions[i].by_ttl ? " by TTL" : "");
    }
  };
  add("source", story.source);
  add("target", story.target);
  add("source read", story.source_reads);
  add("target read", story.target_reads);
  add("looked", story.looks);
  return text;
}

ledger::ledger(monitor::monitor_world& world, rules settings) : world_(world), rules_(settings) {
  listen_to_source();
  if (world.target.find_table(monitor::monitor_world::table)) {
    listen_to_target();
  }
  const auto observe = [this](bool source) {
    support::service_observer ear;
    ear.on_read = [this, source](const item_position& key, const item_ptr& held, bool consistent) {
      note_read(key, held, consistent, source);
    };
    if (!source) {
      ear.on_scan = [this](const support::scanned_range& range) { note_scan(range); };
    }
    if (source == rules_.forward) {
      ear.on_record = [this](const fake_stream& stream, const fake_shard& shard) {
        note_record(stream, shard);
      };
      ear.on_iterator = [this](const std::string& shard, bool arrives) {
        note_iterator(shard, arrives);
      };
      ear.on_page = [this](const std::string& shard, bool ended,
                           std::optional<sequence_value> last) {
        if (on_page) {
          on_page(shard, ended, last);
        }
      };
    }
    return ear;
  };
  world.source.observe(observe(true));
  world.target.observe(observe(false));
}

void ledger::listen_to_source() {
  world_.source.table(monitor::monitor_world::table)
      .on_change([this](const support::table_change& change) { note_change(change, true); });
}

void ledger::listen_to_target() {
  world_.target.table(monitor::monitor_world::table)
      .on_change([this](const support::table_change& change) { note_change(change, false); });
}

void ledger::note_table_gone(bool of_source) {
  if (of_source == rules_.forward) {
    for (auto& [id, shard] : shards_) {
      shard.table_gone = shard.table_gone.value_or(world_.time.now());
    }
  }
  for (auto& [position, story] : keys_) {
    auto& versions = of_source ? story.source : story.target;
    if (!versions.empty() && versions.back().item) {
      versions.push_back(
          {.at = world_.time.now(), .item = nullptr, .made_by = cause::table_deleted});
      if (of_source) {
        story.changes.push_back({.at = world_.time.now(), .delivered = std::nullopt});
      }
      if (of_source == rules_.forward) {
        story.records.emplace_back();
        story.nothing_unproven_before = story.seen_arrived;
        story.seen_arrived = false;
      }
    }
  }
}

void ledger::listen_to(support::replicator& replication) {
  replication.on_delivered([this](const support::table_change& change) {
    const auto& image = change.new_image ? *change.new_image : *change.old_image;
    auto& story = keys_[image.position];
    auto& changes = story.changes;
    const auto sent = std::ranges::find_if(changes, [&](const sent_change& each) {
      return each.at == change.time && !each.delivered;
    });
    if (sent != changes.end()) {
      sent->delivered = world_.time.now();
      if (!story.target.empty() && story.target.back().at == *sent->delivered) {
        story.target.back().made_by = cause::replicator;
        // While a repair is under way this looked like its own doing.
        story.seen_arrived = story.seen_arrived || story.seen_before_own_write;
      }
    }
  });
}

void ledger::note_change(const support::table_change& change, bool of_source) {
  const auto& image = change.new_image ? *change.new_image : *change.old_image;
  auto& story = keys_[image.position];
  if (story.key_json.empty()) {
    story.key_json = image.key_json;
    positions_.emplace(image.key_json, image.position);
    for (const auto& range : scanned_) {
      if (range.behind < image.position && image.position <= range.through) {
        story.scans.push_back({.at = range.at, .item = nullptr});
      }
    }
  }
  (of_source ? story.source : story.target)
      .push_back({.at = change.time,
                  .item = change.new_image,
                  .by_ttl = change.by_ttl,
                  .made_by = repairing_ ? cause::repair : cause::itself});
  if (of_source) {
    story.changes.push_back({.at = change.time, .delivered = std::nullopt});
  } else {
    story.seen_before_own_write = repairing_ && story.seen_arrived;
    if (repairing_) {
      story.seen_arrived = false;  // what our own command writes is not the replicator's doing
    }
  }
  if (of_source == rules_.forward) {
    story.records.push_back(std::exchange(last_record_, std::nullopt));
    story.nothing_unproven_before = story.seen_arrived;
    story.seen_arrived = false;
  }
}

hearing ledger::heard_of(const key_story& story, std::size_t change) const {
  const auto& at = story.records.at(change);
  if (!at) {
    return hearing::never;
  }
  const auto& shard = shards_.at(at->first);
  return how_heard(shard, shard.records.at(at->second));
}

/// Nobody hears of the change before this one. What was left unchecked until the target was ready
/// is not forgotten until it has had a max-lag to arrive.
bool ledger::is_first_told(const key_story& story, std::size_t change) const {
  if (change == 0 || heard_of(story, change - 1) == hearing::never) {
    return true;
  }
  const auto& origin = story.origin(rules_.forward);
  return target_ready_ && origin.at(change - 1).at < *target_ready_ &&
         origin.at(change).at >= *target_ready_ + rules_.max_lag - noticed_late_by;
}

shard_story& ledger::story_of(const fake_stream& stream, const fake_shard& shard) {
  auto& story = shards_[shard.id];
  if (story.id.empty()) {
    story.stream_arn = stream.names().arn;
    story.id = shard.id;
    story.parent = shard.parent;
    story.created = created_of(shard.id);
    story.listed_at = shard.listed_at;
    const auto* parent = shard.parent ? stream.find(*shard.parent) : nullptr;
    story.parent_looks_open_until =
        parent != nullptr ? parent->closed_at + stream.settings().parent_listed_open_for
                          : wall_time::min();
  }
  return story;
}

void ledger::note_lineage() {
  auto& account = rules_.forward ? world_.source : world_.target;
  for (const auto* stream : account.streams()) {
    for (const auto& id : stream->open_shards()) {
      story_of(*stream, *stream->find(id));
    }
  }
}

void ledger::note_record(const fake_stream& stream, const fake_shard& shard) {
  const auto& record = shard.records.back();
  auto& story = story_of(stream, shard);
  const auto& key = record.any_image().position;
  story.records.push_back({.sequence = record.sequence,
                           .created = record.created,
                           .kind = !record.old_image  ? record_kind::insert
                                   : record.new_image ? record_kind::modify
                                                      : record_kind::remove,
                           .key = key,
                           .by_ttl = record.by_ttl});
  last_record_ = {shard.id, story.records.size() - 1};
}

void ledger::note_iterator(const std::string& shard, bool arrives) {
  if (on_asked) {
    on_asked(shard);
  }
  const auto now = world_.time.now();
  reading_began_ = reading_began_.value_or(now);
  if (!arrives) {
    return;  // another one is asked for, of LATEST as it is then
  }
  auto& account = rules_.forward ? world_.source : world_.target;
  for (const auto* stream : account.streams()) {
    if (const auto* known = stream->find(shard)) {
      auto& story = story_of(*stream, *known);
      story.first_asked = story.first_asked.value_or(now);
    }
  }
}

void ledger::note_read(const item_position& key, const item_ptr& held, bool consistent,
                       bool of_source) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) {
    return;
  }
  auto& story = found->second;
  const auto now = world_.time.now();
  if (consistent) {
    (of_source ? story.source_reads : story.target_reads).push_back({.at = now, .item = held});
  }
  if (of_source != rules_.forward) {
    story.looks.push_back({.at = now, .item = held});
  }
  const auto& origin = story.origin(rules_.forward);
  if (of_source == rules_.forward || origin.empty()) {
    return;
  }
  const auto newest = origin.size() - 1;
  if (same_but_for(ignored_, held, origin.back().item)) {
    story.seen_arrived =
        story.seen_arrived || passes(story, newest, story.nothing_unproven_before, now);
  } else if (newest > 0 && same_but_for(ignored_, held, origin.at(newest - 1).item) &&
             heard_of(story, newest) == hearing::not_yet) {
    // As far as the monitor knows, the change before it is the newest one.
    story.nothing_unproven_before =
        story.nothing_unproven_before || passes(story, newest - 1, false, now);
  }
}

/// A page of a scan tells of the keys that it shows and of those that it passes over.
void ledger::note_scan(const support::scanned_range& range) {
  const auto now = world_.time.now();
  scanned_.push_back({.at = now, .behind = range.behind, .through = range.through});
  auto shown = range.items.begin();
  for (auto key = keys_.upper_bound(range.behind);
       key != keys_.end() && key->first <= range.through; ++key) {
    while (shown != range.items.end() && (*shown)->position < key->first) {
      ++shown;
    }
    const bool held = shown != range.items.end() && (*shown)->position == key->first;
    key->second.scans.push_back({.at = now, .item = held ? *shown : nullptr});
  }
}

/// An equal look proves the change, if it comes late enough.
bool ledger::passes(const key_story& story, std::size_t change, bool nothing_unproven_before,
                    wall_time now) const {
  const auto age = now - story.origin(rules_.forward).at(change).at;
  const bool arrived = !rules_.forward || story.changes.at(change).delivered ||
                       nothing_unproven_before || is_first_told(story, change);
  return age >= rules_.max_lag || (arrived && age >= rules_.replication_wait - rules_.behind);
}

const key_story* ledger::find(const std::string& key_json) const {
  const auto found = positions_.find(key_json);
  return found == positions_.end() ? nullptr : &keys_.at(found->second);
}

const shard_story* ledger::shard(const std::string& id) const {
  const auto found = shards_.find(id);
  return found == shards_.end() ? nullptr : &found->second;
}

const written_record* ledger::record(const std::string& shard_id, std::string_view sequence) const {
  const auto* story = shard(shard_id);
  const auto number = support::parse_sequence(sequence);
  if (story == nullptr || !number) {
    return nullptr;
  }
  const auto found =
      std::ranges::lower_bound(story->records, *number, {}, &written_record::sequence);
  return found != story->records.end() && found->sequence == *number ? &*found : nullptr;
}

const written_record* ledger::newest_record(const item_position& key,
                                            const shard_story** of) const {
  const auto& records = keys_.at(key).records;
  if (records.empty() || !records.back()) {
    return nullptr;  // changed while the stream was off
  }
  const auto& shard = shards_.at(records.back()->first);
  if (of != nullptr) {
    *of = &shard;
  }
  return &shard.records.at(records.back()->second);
}

const version* ledger::at(const std::vector<version>& versions, wall_time moment) {
  const auto later = std::ranges::upper_bound(versions, moment, {}, &version::at);
  return later == versions.begin() ? nullptr : &*std::prev(later);
}

bool ledger::held_within(const std::vector<version>& versions, const item_ptr& item, wall_time from,
                         wall_time until) {
  const version absent{.at = wall_time::min(), .item = nullptr};
  const auto* held = &absent;
  for (const auto& next : versions) {
    // A table that is imported anew in the instant in which it was deleted was never empty.
    const bool never_so = held->made_by == cause::table_deleted && held->at == next.at;
    if (!never_so && held->at <= until && next.at >= from && same_item(held->item, item)) {
      return true;
    }
    held = &next;
  }
  return held->at <= until && same_item(held->item, item);
}

bool ledger::was_faulty(const key_story& story, wall_time moment, milliseconds max_lag) {
  constexpr milliseconds instant{1};
  const auto from = moment - max_lag;
  // A change that is late is excused by a later one that was applied.
  bool covered = false;
  for (const auto& change : std::views::reverse(story.changes)) {
    const bool in_time = change.delivered && *change.delivered <= change.at + max_lag;
    if (!covered && change.at + max_lag < moment && !in_time) {
      return true;
    }
    covered = covered || (change.delivered && *change.delivered < from);
  }
  // The target becomes wrong when it changes, and when the last moment it was right is max-lag ago.
  std::vector<wall_time> moments{from, moment};
  for (const auto& each : story.target) {
    moments.push_back(each.at);
  }
  for (const auto& each : story.source) {
    moments.insert(moments.end(), {each.at - instant, each.at + max_lag + instant});
  }
  return std::ranges::any_of(moments, [&](wall_time at) {
    if (at < from || at > moment) {
      return false;
    }
    const auto* held = ledger::at(story.target, at);
    return !held_within(story.source, held == nullptr ? nullptr : held->item, at - max_lag, at);
  });
}

bool ledger::looked_faulty(const key_story& story, wall_time moment, milliseconds max_lag) {
  const auto* held = at(story.target, moment);
  const auto differs = [&](const version& look) {
    return look.at >= (held == nullptr ? wall_time::min() : held->at) &&
           !same_item(look.item, held == nullptr ? nullptr : held->item);
  };
  const auto* last = at(story.looks, moment);
  return last != nullptr && differs(*last) &&
         std::ranges::any_of(story.looks, [&](const version& look) {
           return look.at <= moment - max_lag && differs(look);
         });
}

}  // namespace ddm::simulation
