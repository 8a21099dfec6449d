#include "repair/journal_line.h"

#include "base/foreign_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ddm::repair {
namespace {

constexpr int schema_version = 1;
/// Beyond it a double leaves out numbers.
constexpr double id_max = 9'007'199'254'740'992.0;

constexpr std::array<std::pair<outcome, std::string_view>, 6> outcome_names{
    {{outcome::open, "intended"},
     {outcome::written, "written"},
     {outcome::refused, "refused"},
     {outcome::failed, "failed"},
     {outcome::undone, "undone"},
     {outcome::unsent, "not_sent"}}};
constexpr std::array<action, 3> written_actions{action::put, action::change, action::remove};

std::string_view name_of(outcome ended) {
  return std::ranges::find(outcome_names, ended, [](const auto& each) { return each.first; })
      ->second;
}

std::string text_json(std::string_view text) { return json_text(std::string(text)); }

std::string item_json(const held_item& item) { return item ? dynamodb::to_json(*item) : "null"; }

std::string head_of(outcome event) {
  return fmt::format(R"({{"schema":{},"event":"{}","id":)", schema_version, name_of(event));
}

/// Null is an item that was absent; anything but an item is no line of ours.
std::optional<held_item> item_of(std::string_view json) {
  if (json == "null") {
    return held_item();
  }
  auto item = dynamodb::parse_item(json);
  return item ? std::optional<held_item>(std::move(*item)) : std::nullopt;
}

}  // namespace

/// Views are into the line that was walked.
struct journal_reader::parts {
  double schema = 0;
  double id = 0;
  std::string event;
  std::string table;
  std::string action_name;
  std::string_view key;
  std::string_view before;
  std::string_view after;
};

std::string begin_line(const journal_entry& entry, wall_time now) {
  return fmt::format(R"({{"schema":{},"event":"{}","id":{},"at":"{}","table":{},"action":"{}",)"
                     R"("key":{},"before":{},"after":{}}})",
                     schema_version, name_of(outcome::open), entry.id, format_rfc3339(now),
                     text_json(entry.table), to_string(entry.what), entry.key_json,
                     item_json(entry.before), item_json(entry.after));
}

std::string end_line(std::int64_t id, outcome ended, std::string_view message, wall_time now) {
  return fmt::format(R"({{"schema":{},"event":"{}","id":{},"at":"{}"{}}})", schema_version,
                     name_of(ended), id, format_rfc3339(now),
                     message.empty() ? std::string() : ",\"message\":" + text_json(message));
}

bool begins_like_ours(std::string_view text) {
  return std::ranges::any_of(outcome_names, [&](const auto& each) {
    const auto head = head_of(each.first);
    return text.starts_with(head) || head.starts_with(text);
  });
}

bool begins_like_an_entry(std::string_view text) {
  return text.starts_with(head_of(outcome::open));
}

std::optional<journal_reader::parts> journal_reader::walk(std::string_view text) {
  text_.resize(text.size());
  std::ranges::copy(text, text_.data());
  parts found;
  const auto take_text = [&](std::string& into) {
    std::string_view value;
    const bool taken = in_.take_string(value);
    into = value;
    return taken;
  };
  const auto take_value = [&](std::string_view& into) {
    const auto start = in_.at();
    const bool is_null = in_.peek() != '{';
    if (!(is_null ? in_.take_null() : in_.skip_value())) {
      return false;
    }
    into = is_null ? "null" : in_.since(start);
    return true;
  };
  const bool whole = in_.open(text_) && in_.each_member([&](std::string_view name) {
    return name == "schema"   ? in_.take_number(found.schema)
           : name == "id"     ? in_.take_number(found.id)
           : name == "event"  ? take_text(found.event)
           : name == "table"  ? take_text(found.table)
           : name == "action" ? take_text(found.action_name)
           : name == "key"    ? take_value(found.key)
           : name == "before" ? take_value(found.before)
           : name == "after"  ? take_value(found.after)
                              : in_.skip_value();
  }) && in_.at_end();
  return whole ? std::optional(std::move(found)) : std::nullopt;
}

std::optional<journal_line> journal_reader::line_of(const parts& found) {
  const auto* const event =
      std::ranges::find(outcome_names, found.event, [](const auto& each) { return each.second; });
  if (found.schema != schema_version || event == outcome_names.end() || found.id < 1 ||
      found.id > id_max || found.id != std::floor(found.id)) {
    return std::nullopt;
  }
  journal_line line{.event = event->first,
                    .id = static_cast<std::int64_t>(found.id),
                    .table = found.table,
                    .key_json = {}};
  if (line.event == outcome::open) {
    const auto key = dynamodb::parse_item(found.key);
    if (!key || key->empty() || found.before.empty() || found.after.empty()) {
      return std::nullopt;
    }
    line.key_json = dynamodb::to_json(*key);
  }
  return line;
}

std::optional<journal_line> journal_reader::line(std::string_view text) {
  const auto found = walk(text);
  return found ? line_of(*found) : std::nullopt;
}

std::optional<journal_entry> journal_reader::entry(std::string_view text) {
  const auto found = walk(text);
  auto begun = found ? line_of(*found) : std::nullopt;
  if (!begun || begun->event != outcome::open) {
    return std::nullopt;
  }
  const auto* const what = std::ranges::find(written_actions, found->action_name,
                                             [](action each) { return to_string(each); });
  auto before = item_of(found->before);
  auto after = item_of(found->after);
  if (what == written_actions.end() || !before || !after) {
    return std::nullopt;
  }
  return journal_entry{.id = begun->id,
                       .table = std::move(begun->table),
                       .what = *what,
                       .key_json = std::move(begun->key_json),
                       .before = std::move(*before),
                       .after = std::move(*after)};
}

}  // namespace ddm::repair
