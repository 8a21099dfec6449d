#include "verify/finding_book.h"

#include "base/displayable.h"
#include "base/foreign_json.h"
#include "dynamodb/answer_bounds.h"
#include "dynamodb/attribute_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <expected>
#include <ranges>
#include <utility>
#include <variant>

namespace ddm::verify {
namespace {

using dynamodb::json_quote;

constexpr std::chrono::minutes first_watch_interval{1};
/// After a look that saw both tables agree: by then the stream was read past it, mostly.
constexpr std::chrono::seconds agreement_watch_interval{5};
constexpr std::chrono::minutes later_watch_interval{10};
/// A mismatch is watched each minute for this long, then each ten minutes.
constexpr std::chrono::minutes watched_closely{10};

std::string digest_json(const std::optional<digest128>& digest) {
  return digest ? json_quote(digest->hex()) : "null";
}

std::optional<digest128> digest_of(const nlohmann::json& value) {
  if (!value.is_string()) {
    return std::nullopt;
  }
  const auto text = value.get<std::string>();
  digest128 digest;
  if (text.size() != 32) {
    return std::nullopt;
  }
  std::from_chars(text.data(), text.data() + 16, digest.high, 16);
  std::from_chars(text.data() + 16, text.data() + 32, digest.low, 16);
  return digest;
}

std::string patterns_json(const std::vector<std::string>& patterns) {
  std::string text;
  for (const auto& pattern : patterns) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", json_quote(pattern));
  }
  return fmt::format("[{}]", text);
}

/// Nothing: the member is absent. An error: it is no list of texts.
std::expected<std::optional<std::vector<std::string>>, std::monostate> patterns_of(
    const nlohmann::json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end()) {
    return std::nullopt;
  }
  if (!found->is_array()) {
    return std::unexpected(std::monostate{});
  }
  std::vector<std::string> patterns;
  for (const auto& each : *found) {
    if (!each.is_string()) {
      return std::unexpected(std::monostate{});
    }
    patterns.push_back(each.get<std::string>());
  }
  return patterns;
}

std::string document(const mismatch& entry, std::string_view key_json, bool with_values) {
  std::string paths;
  for (const auto& change : entry.paths) {
    paths += fmt::format(R"({}{{"path":{},"change":{}}})", paths.empty() ? "" : ",",
                         json_quote(change.path), json_quote(change.change));
  }
  std::string text = fmt::format(
      R"({{"schema":1,"key":{},"kind":"{}","state":"{}","paths":[{}],"source_digest":{},)"
      R"("target_digest":{},"shard_id":{},"sequence_number":{},"first_seen":"{}",)"
      R"("confirmed_at":"{}","healed_at":{})",
      key_json, to_string(entry.kind), entry.open ? "confirmed" : "healed", paths,
      digest_json(entry.source_digest), digest_json(entry.target_digest),
      json_quote(entry.shard_id), json_quote(entry.sequence_number),
      format_rfc3339(entry.first_seen), format_rfc3339(entry.confirmed_at),
      entry.healed_at ? json_quote(format_rfc3339(*entry.healed_at)) : "null");
  if (with_values) {
    text += fmt::format(R"(,"source":{},"target":{})", entry.source_json.value_or("null"),
                        entry.target_json.value_or("null"));
  }
  return text;
}

std::string whole_line(const mismatch& entry, const finding_options& options) {
  const auto key =
      options.hash_keys ? fmt::format(R"({{"hash":"{}"}})", entry.key.hash.hex()) : entry.key.json;
  // The hash again: with --hash-keys or without, all lines of a key have the same.
  auto line = document(entry, key, options.show_values) +
              fmt::format(R"(,"id":"{}"}})", entry.key.hash.hex());
  // Within a document a break is white space between two members, as some service sent it.
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return displayable(line);
}

}  // namespace

std::string finding_line(const mismatch& entry, const finding_options& options) {
  auto line = whole_line(entry, options);
  if (line.size() <= dynamodb::line_bytes_max) {
    return line;
  }
  line = whole_line(entry, {.hash_keys = options.hash_keys});
  if (line.size() <= dynamodb::line_bytes_max) {
    return line;
  }
  auto brief = entry;
  brief.paths.clear();
  return whole_line(brief, {.hash_keys = true});
}

std::string encode_mismatch(const mismatch& entry) {
  const auto patterns = [](std::string_view name,
                           const std::optional<std::vector<std::string>>& list) {
    return list ? fmt::format(R"(,"{}":{})", name, patterns_json(*list)) : std::string();
  };
  return document(entry, entry.key.json, entry.source_json || entry.target_json) +
         patterns("ignored", entry.ignored) + patterns("digested_without", entry.digested_without) +
         fmt::format(R"(,"changes":{},"period":{},"comparison_ms":{}}})", entry.changes,
                     entry.period, entry.comparison_ms);
}

result<mismatch> decode_mismatch(const state::mismatch_row& row) {
  const auto damaged = fatal("a finding in the state file cannot be read: the file is damaged");
  const auto body = parse_json(row.body);
  const auto hash = digest128::from_bytes(row.key_hash);
  if (!body.is_object() || !body.contains("key") || !hash) {
    return damaged;
  }
  const auto kind = mismatch_kind_of(text_member(body, "kind"));
  const auto changes = body.find("changes");
  auto ignored = patterns_of(body, "ignored");
  auto digested_without = patterns_of(body, "digested_without");
  if (!kind || changes == body.end() || !changes->is_number_integer() || !ignored ||
      !digested_without) {
    return damaged;
  }
  mismatch entry;
  entry.key.json = json_text(body["key"]);
  entry.key.hash = *hash;
  entry.kind = *kind;
  entry.open = row.open;
  entry.changes = changes->get<std::int64_t>();
  // Versions that kept neither had begun no second period.
  entry.period = integer_member(body, "period", entry.changes > 0 ? 1 : 0);
  entry.comparison_ms = integer_member(body, "comparison_ms");
  entry.ignored = std::move(*ignored);
  entry.digested_without = std::move(*digested_without);
  for (const auto& change : member(body, "paths")) {
    if (!change.is_object()) {
      return damaged;
    }
    entry.paths.push_back({text_member(change, "path"), text_member(change, "change")});
  }
  entry.source_digest = digest_of(member(body, "source_digest"));
  entry.target_digest = digest_of(member(body, "target_digest"));
  entry.shard_id = text_member(body, "shard_id");
  entry.sequence_number = text_member(body, "sequence_number");
  entry.first_seen = parse_rfc3339(text_member(body, "first_seen")).value_or(wall_time{});
  entry.confirmed_at = parse_rfc3339(text_member(body, "confirmed_at")).value_or(wall_time{});
  entry.healed_at = parse_rfc3339(text_member(body, "healed_at"));
  const auto values = [&](const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_object() ? std::optional(json_text(*found))
                                                     : std::nullopt;
  };
  entry.source_json = values("source");
  entry.target_json = values("target");
  return entry;
}

std::optional<told_finding> told_in(std::string_view finding_line,
                                    const dynamodb::key_schema& schema,
                                    const dynamodb::digest_secret& secret) {
  const auto line = parse_json(finding_line);
  if (!line.is_object() || !line.contains("key") || !line.contains("state")) {
    return std::nullopt;
  }
  const auto& key = line["key"];
  const bool is_hash = key.is_object() && key.contains("hash") && key["hash"].is_string();
  const bool open = line["state"] == "confirmed";
  const auto at = parse_rfc3339(text_member(line, "confirmed_at")).value_or(wall_time{});
  if (is_hash) {
    const auto hash = digest_of(key["hash"]);
    return hash ? std::optional(told_finding{*hash, open, at}) : std::nullopt;
  }
  const auto parsed = dynamodb::key_of(json_text(key), schema, secret);
  return parsed ? std::optional(told_finding{parsed->hash, open, at}) : std::nullopt;
}

std::int64_t lines_max(std::int64_t listed_max) { return 4 * listed_max + 100'000; }

finding_book::finding_book(finding_options options)
    : options_(std::move(options)), ignored_(options_.ignored) {}

void finding_book::restore(const std::vector<mismatch>& open,
                           std::vector<std::string> ignored_before) {
  ignored_before_ = std::move(ignored_before);
  // Newest first in the state: the oldest gets the lowest order.
  for (const auto& entry : std::views::reverse(open)) {
    hold({.entry = entry, .next_look = entry.confirmed_at, .order = next_order_++});
    if (!entry.ignored) {
      // The setting that it stands on is about to be replaced by that of this run.
      dirty_rows_.push_back(row_of(open_.at(entry.key.hash).entry));
    }
  }
}

void finding_book::hold(held_mismatch held) {
  auto& ignored = held.entry.ignored;
  if (!ignored) {
    ignored = ignored_before_;
  }
  held.heals_here = dynamodb::ignore_list(*ignored).covers(ignored_);
  unhealable_ += held.heals_here ? 0 : 1;
  by_order_.emplace(held.order, held.entry.key.hash);
  if (held.heals_here) {
    watched_.add(held.order, held.next_look);
  }
  groups_.add(held.entry);
  open_.insert_or_assign(held.entry.key.hash, std::move(held));
}

mismatch finding_book::let_go(const digest128& key_hash) {
  auto held = std::move(open_.extract(key_hash).mapped());
  unhealable_ -= held.heals_here ? 0 : 1;
  by_order_.erase(held.order);
  watched_.remove(held.order, held.next_look);
  groups_.remove(held.entry);
  return std::move(held.entry);
}

/// An item that TTL has deleted on one side only is no mismatch: it must not take all the room.
bool finding_book::lists(const mismatch& entry) const {
  const auto most =
      entry.kind == mismatch_kind::expired ? (options_.listed_max + 1) / 2 : options_.listed_max;
  return is_open(entry.key.hash) || (counts_.all() < most && has_lines_left());
}

/// Each open one may yet need a line to heal.
bool finding_book::has_lines_left() const {
  return lines_ + counts_.all() + 2 <= lines_max(options_.listed_max);
}

bool finding_book::is_full() const {
  return counts_.all() >= options_.listed_max - options_.listed_max / 10 || !has_lines_left();
}

void finding_book::count_only(const mismatch& entry, wall_time now) {
  unlisted_news_.of(entry.kind).add(entry, now);
}

unlisted_findings finding_book::unlisted() const {
  auto sum = unlisted_.all();
  sum.add(unlisted_news_);
  return sum;
}

unlisted_findings finding_book::take_unlisted(const counted_since& not_before) {
  const auto raise = [](unlisted_counts& news, wall_time least) {
    if (news.any()) {
      news.last = std::max(news.last, least);
    }
  };
  raise(unlisted_news_.gap, not_before.gap);
  raise(unlisted_news_.expired, not_before.expired);
  unlisted_.since.add(unlisted_news_);
  return std::exchange(unlisted_news_, {});
}

void finding_book::begin_unlisted_gap(const unlisted_findings& taken) {
  unlisted_.before.gap = {};
  unlisted_.since.gap = taken.gap;
}

void finding_book::on_confirmed(mismatch entry, wall_time now) {
  if (!lists(entry)) {
    count_only(entry, now);
    return;
  }
  entry.confirmed_at = now;
  entry.open = true;
  entry.ignored = options_.ignored;
  if (open_.contains(entry.key.hash)) {
    const auto earlier = let_go(entry.key.hash);
    count(earlier, -1);
    entry.changes += earlier.changes;
    entry.period = std::max(entry.period, earlier.period);
    entry.comparison_ms = std::max(entry.comparison_ms, earlier.comparison_ms);
    entry.first_seen = std::min(entry.first_seen, earlier.first_seen);
    // What the earlier one was confirmed by, this run may not even look at.
    entry.ignored = dynamodb::ignore_list(*earlier.ignored).common_with(ignored_).patterns();
    if (*entry.ignored != options_.ignored) {
      entry.digested_without = options_.ignored;
    }
  }
  count(entry, 1);
  note(entry);
  // Values, if they are wanted, are in the state and in the file now: they would be too much to
  // hold.
  entry.source_json.reset();
  entry.target_json.reset();
  hold({.entry = std::move(entry),
        .next_look = now + first_watch_interval,
        .order = next_order_++,
        .confirmed_here = true});
}

/// Only while nobody is about to tell of keys that were recalled. What the state does not have yet
/// could not be recalled, and stays.
void finding_book::evict_oldest() {
  for (auto newer = by_order_.end();
       open_.size() > options_.open_max && newer != by_order_.begin();) {
    const auto oldest = std::prev(newer);
    if (is_dirty(oldest->second)) {
      newer = oldest;
    } else {
      let_go(digest128(oldest->second));
    }
  }
}

bool finding_book::holds_all() const {
  return counts_.all() <= static_cast<std::int64_t>(open_.size());
}

void finding_book::recall(std::vector<mismatch> entries) {
  evict_oldest();
  for (auto& entry : entries) {
    if (!is_open(entry.key.hash) && !is_dirty(entry.key.hash)) {
      hold_older(std::move(entry));
    }
  }
}

void finding_book::hold_older(mismatch entry) {
  const auto confirmed_at = entry.confirmed_at;
  hold({.entry = std::move(entry), .next_look = confirmed_at, .order = recalled_order_--});
}

void finding_book::on_open_in_state(mismatch entry) {
  count(entry, 1);
  entry.source_json.reset();
  entry.target_json.reset();
  const auto found = open_.find(entry.key.hash);
  if (found == open_.end()) {
    hold_older(std::move(entry));
    return;
  }
  auto held = found->second;
  count(let_go(entry.key.hash), -1);
  if (held.entry.confirmed_at != entry.confirmed_at) {
    // The origin may have moved before that, and the tables have been seen to differ.
    held.confirmed_here = false;
    held.agreed_since.reset();
  }
  held.entry = std::move(entry);
  hold(std::move(held));
}

void finding_book::repeat_line(const digest128& key_hash) {
  if (const auto found = open_.find(key_hash); found != open_.end()) {
    note(found->second.entry);
  }
}

std::optional<std::int64_t> finding_book::on_passed(const digest128& key_hash, wall_time now) {
  const auto found = open_.find(key_hash);
  if (found == open_.end() || !found->second.heals_here) {
    return std::nullopt;
  }
  auto entry = let_go(digest128(key_hash));
  entry.open = false;
  entry.healed_at = now;
  count(entry, -1);
  note(entry);
  return entry.changes;
}

void finding_book::on_healed_elsewhere(const digest128& key_hash) {
  if (open_.contains(key_hash)) {
    count(let_go(digest128(key_hash)), -1);
  }
}

std::optional<wall_time> finding_book::on_agreed(const digest128& key_hash, wall_time now) {
  const auto found = open_.find(key_hash);
  if (found == open_.end() || !found->second.heals_here) {
    return std::nullopt;
  }
  auto& held = found->second;
  held.agreed_since = held.agreed_since.value_or(now);
  watch_again(held, now + agreement_watch_interval);
  return held.agreed_since;
}

void finding_book::on_differing(const digest128& key_hash) {
  if (const auto found = open_.find(key_hash); found != open_.end()) {
    found->second.agreed_since.reset();
  }
}

std::vector<item_key> finding_book::take_watch_due(wall_time now, std::size_t reads_max) {
  const double elapsed = std::chrono::duration<double>(now - watch_refilled_).count();
  watch_tokens_ = std::min(options_.watch_reads_per_second * 2,
                           watch_tokens_ + elapsed * options_.watch_reads_per_second);
  watch_refilled_ = now;
  std::vector<item_key> due;
  while (watch_tokens_ >= 1 && due.size() < reads_max) {
    const auto order = watched_.take(now);
    if (!order) {
      break;
    }
    watch_tokens_ -= 1;
    auto& held = open_.at(by_order_.at(*order));
    const bool closely = now - held.entry.confirmed_at < watched_closely;
    watch_again(held, now + (closely ? first_watch_interval : later_watch_interval));
    due.push_back(held.entry.key);
  }
  return due;
}

void finding_book::watch_again(held_mismatch& held, wall_time due) {
  watched_.remove(held.order, held.next_look);
  held.next_look = due;
  watched_.add(held.order, due);
}

bool finding_book::origin_is_known(const held_mismatch& held, const watch_answer& seen) const {
  return seen.followed && held.confirmed_here && gap_noticed_ < held.entry.confirmed_at;
}

std::optional<std::int64_t> finding_book::on_watched(const digest128& key_hash,
                                                     const watch_answer& seen, wall_time now) {
  const auto found = open_.find(key_hash);
  if (found == open_.end() || seen.unreadable || !origin_is_known(found->second, seen)) {
    return std::nullopt;
  }
  const auto& entry = found->second.entry;
  const auto& origin =
      origin_of(seen.way) == side::source ? entry.source_digest : entry.target_digest;
  // An unreadable origin has no digest: its absence there says nothing.
  const bool comparable = entry.kind != mismatch_kind::unreadable;
  return comparable && origin == seen.counterpart ? on_passed(key_hash, now) : std::nullopt;
}

bool finding_book::may_agree(const digest128& key_hash, const watch_answer& seen) const {
  const auto found = open_.find(key_hash);
  if (found == open_.end() || seen.unreadable || !found->second.heals_here ||
      found->second.entry.kind == mismatch_kind::unreadable) {
    return false;
  }
  const auto& entry = found->second.entry;
  const auto& seen_before =
      counterpart_of(seen.way) == side::source ? entry.source_digest : entry.target_digest;
  return !origin_is_known(found->second, seen) || seen_before != seen.counterpart;
}

std::vector<mismatch> finding_book::newest(std::size_t entries_max) const {
  std::vector<mismatch> entries;
  for (const auto& [order, hash] : by_order_) {
    if (entries.size() >= entries_max) {
      break;
    }
    entries.push_back(open_.at(hash).entry);
  }
  return entries;
}

state::mismatch_row finding_book::row_of(const mismatch& entry) {
  return {.key_hash = entry.key.hash.bytes(),
          .open = entry.open,
          .confirmed_ms = to_ms(entry.confirmed_at),
          .body = encode_mismatch(entry)};
}

void finding_book::count(const mismatch& entry, std::int64_t by) {
  counts_.add({.kind = entry.kind,
               .period = entry.period,
               .comparison_ms = entry.comparison_ms,
               .entries = by,
               .at_rest = entry.changes == 0 ? by : 0,
               .changes = by * entry.changes});
}

void finding_book::note(const mismatch& entry) {
  dirty_rows_.push_back(row_of(entry));
  // What is confirmed again and again gets no line once they are used up: its last one still holds.
  if (!entry.open || lines_ + counts_.all() + 1 <= lines_max(options_.listed_max)) {
    dirty_lines_.push_back(finding_line(entry, options_));
    ++lines_;
  }
  dirty_keys_.insert(entry.key.hash);
}

void finding_book::take_dirty(std::vector<state::mismatch_row>& rows,
                              std::vector<std::string>& lines) {
  rows = std::exchange(dirty_rows_, {});
  lines = std::exchange(dirty_lines_, {});
  dirty_keys_.clear();
  evict_oldest();
}

}  // namespace ddm::verify
