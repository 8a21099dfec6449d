#include "repair/repair_journal.h"

#include "base/foreign_json.h"
#include "base/write_all.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <unistd.h>
#include <utility>

namespace ddm::repair {
namespace {

using nlohmann::json;

constexpr int schema_version = 1;

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

std::unexpected<error> system_failure(std::string_view what, const std::string& path) {
  return fatal(
      fmt::format("cannot {} the journal {}: {}; nothing is written to the table without "
                  "it: make room or name another file with --journal",
                  what, path, std::strerror(errno)));
}

std::string item_json(const held_item& item) { return item ? dynamodb::to_json(*item) : "null"; }

/// Null is an item that was absent; anything but an item is no line of ours.
std::optional<held_item> item_of(const json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end()) {
    return std::nullopt;
  }
  if (found->is_null()) {
    return held_item();
  }
  auto item = dynamodb::parse_item(json_text(*found));
  return item ? std::optional<held_item>(std::move(*item)) : std::nullopt;
}

std::optional<journal_entry> entry_of(const json& line) {
  journal_entry entry{.id = integer_member(line, "id"),
                      .table = text_member(line, "table"),
                      .key_json = line.contains("key") ? json_text(line["key"]) : std::string(),
                      .before = {},
                      .after = {}};
  const auto* const what = std::ranges::find(written_actions, text_member(line, "action"),
                                             [](action each) { return to_string(each); });
  auto before = item_of(line, "before");
  auto after = item_of(line, "after");
  if (what == written_actions.end() || !before || !after || entry.key_json.empty()) {
    return std::nullopt;
  }
  entry.what = *what;
  entry.before = std::move(*before);
  entry.after = std::move(*after);
  return entry;
}

/// False for a line that is none of ours.
bool take_line(const std::string& text, std::vector<journal_entry>& entries) {
  const auto line = parse_json(text);
  if (!line.is_object() || integer_member(line, "schema") != schema_version) {
    return false;
  }
  const auto id = integer_member(line, "id");
  const auto* const event = std::ranges::find(outcome_names, text_member(line, "event"),
                                              [](const auto& each) { return each.second; });
  if (event == outcome_names.end()) {
    return false;
  }
  if (event->first == outcome::open) {
    auto entry = entry_of(line);
    if (!entry || id != static_cast<std::int64_t>(entries.size()) + 1) {
      return false;
    }
    entries.push_back(std::move(*entry));
    return true;
  }
  if (id < 1 || id > static_cast<std::int64_t>(entries.size())) {
    return false;
  }
  entries[static_cast<std::size_t>(id) - 1].ended = event->first;
  return true;
}

/// A line of ours of which the end is missing. Only such a one is ever cut.
bool begins_like_ours(std::string_view torn) {
  constexpr std::string_view head = R"({"schema":1,"event":")";
  static_assert(schema_version == 1);
  if (torn.size() <= head.size()) {
    return head.starts_with(torn);
  }
  if (!torn.starts_with(head)) {
    return false;
  }
  torn.remove_prefix(head.size());
  return std::ranges::any_of(outcome_names, [&](const auto& each) {
    const auto name = fmt::format(R"({}","id":)", each.second);
    return torn.starts_with(name) || name.starts_with(torn);
  });
}

std::unexpected<error> none_of_ours(const std::string& path, std::string_view where) {
  return wrong_usage(
      fmt::format("the journal {} is not one of ours, or is damaged, {}; it is left as it is: name "
                  "another file",
                  path, where));
}

struct journal_content {
  std::vector<journal_entry> entries;
  std::int64_t whole_bytes = 0;  ///< without a torn last line
};

result<journal_content> read_content(const std::string& path) {
  std::error_code failed;
  if (const auto status = std::filesystem::status(path, failed);
      std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return none_of_ours(path, "as it is no file");  // and would be waited for, or swallow all
  }
  std::ifstream file(path);
  if (!file) {
    return system_failure("read", path);
  }
  journal_content content;
  std::string line;
  for (std::int64_t number = 1; std::getline(file, line); ++number) {
    const bool torn = file.eof();  // then its write was never sent
    if (torn ? !begins_like_ours(line) : !take_line(line, content.entries)) {
      return none_of_ours(path, fmt::format("in line {}", number));
    }
    if (torn) {
      break;
    }
    content.whole_bytes += static_cast<std::int64_t>(line.size()) + 1;
  }
  return content;
}

}  // namespace

result<std::vector<journal_entry>> repair_journal::read(const std::string& path) {
  auto content = read_content(path);
  if (!content) {
    return fail(std::move(content.error()));
  }
  return std::move(content->entries);
}

result<repair_journal> repair_journal::open(const std::string& path) {
  std::error_code failed;
  const bool is_there = std::filesystem::exists(path, failed);
  const auto content = is_there ? read_content(path) : result<journal_content>();
  if (!content) {
    return fail(content.error());
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) {
    return system_failure("open", path);
  }
  repair_journal journal(path, file, 1);
  if (is_there && ::ftruncate(file, content->whole_bytes) != 0) {
    return system_failure("mend", path);
  }
  journal.next_id_ = static_cast<std::int64_t>(content->entries.size()) + 1;
  return journal;
}

repair_journal::repair_journal(repair_journal&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      next_id_(other.next_id_) {}

repair_journal& repair_journal::operator=(repair_journal&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(next_id_, other.next_id_);
  return *this;
}

repair_journal::~repair_journal() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

result<void> repair_journal::intend(journal_entry& entry, wall_time now) {
  entry.id = next_id_;
  auto appended = append(fmt::format(
      R"({{"schema":{},"event":"intended","id":{},"at":"{}","table":{},"action":"{}","key":{},"before":{},"after":{}}})",
      schema_version, entry.id, format_rfc3339(now), dynamodb::json_quote(entry.table),
      to_string(entry.what), entry.key_json, item_json(entry.before), item_json(entry.after)));
  next_id_ += appended ? 1 : 0;
  return appended;
}

result<void> repair_journal::settle(std::int64_t id, outcome ended, std::string_view message,
                                    wall_time now) {
  return append(fmt::format(
      R"({{"schema":{},"event":"{}","id":{},"at":"{}"{}}})", schema_version, name_of(ended), id,
      format_rfc3339(now),
      message.empty() ? std::string() : ",\"message\":" + dynamodb::json_quote(message)));
}

result<void> repair_journal::append(std::string line) {
  line += '\n';
  if (!write_all(file_, line) || ::fdatasync(file_) != 0) {
    return system_failure("write to", path_);
  }
  return {};
}

}  // namespace ddm::repair
