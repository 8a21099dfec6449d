#include "monitor/mismatch_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr std::chrono::minutes window{1};
/// Groups that are kept apart until the minute is over.
constexpr std::size_t groups_kept_max = 1000;
constexpr std::size_t paths_grouped_by = 5;

log::level level_of(const verify::mismatch& entry) {
  return entry.kind == verify::mismatch_kind::expired ? log::level::info : log::level::warning;
}

std::string paths_of(const verify::mismatch& entry, std::size_t paths_max) {
  std::string paths;
  for (const auto& change : entry.paths | std::views::take(paths_max)) {
    paths += fmt::format("{}{}:{}", paths.empty() ? "" : ",", change.path, change.change);
  }
  return entry.paths.size() > paths_max ? paths + ",…" : paths;
}

/// Kind and attribute paths: what a broken replicator makes many of.
std::string group_of(const verify::mismatch& entry) {
  const auto paths = paths_of(entry, paths_grouped_by);
  return fmt::format("{}{}{}", verify::to_string(entry.kind), paths.empty() ? "" : " ", paths);
}

}  // namespace

std::vector<log_line> mismatch_log::on_mismatch(const verify::mismatch& entry, wall_time now) {
  std::vector<log_line> out;
  if (admit(confirmed_, now, out)) {
    out.push_back({.how = level_of(entry),
                   .fields = {{"kind", verify::to_string(entry.kind)},
                              {"key", shown_key(entry.key)},
                              {"paths", paths_of(entry, entry.paths.size())},
                              {"sequence_number", entry.sequence_number}}});
  } else {
    confirmed_.how = std::max(confirmed_.how, level_of(entry));
    hold_back(confirmed_, group_of(entry), shown_key(entry.key));
  }
  return out;
}

std::vector<log_line> mismatch_log::on_healed(const verify::item_key& key, std::int64_t changes,
                                              wall_time now) {
  std::vector<log_line> out;
  if (admit(healed_, now, out)) {
    out.push_back({.healed = true, .fields = {{"key", shown_key(key)}, {"changes", changes}}});
  } else {
    healed_.changes += changes;
    hold_back(healed_, "healed", shown_key(key));
  }
  return out;
}

std::vector<log_line> mismatch_log::on_time(wall_time now) {
  std::vector<log_line> out;
  if (is_over(confirmed_, now)) {
    tell(confirmed_, out);
  }
  if (is_over(healed_, now)) {
    tell(healed_, out);
  }
  return out;
}

std::vector<log_line> mismatch_log::finish() {
  std::vector<log_line> out;
  tell(confirmed_, out);
  tell(healed_, out);
  return out;
}

/// A clock that was set back begins a new minute.
bool mismatch_log::is_over(const minute& of, wall_time now) {
  return of.began && (now - *of.began >= window || now < *of.began);
}

bool mismatch_log::admit(minute& of, wall_time now, std::vector<log_line>& out) {
  if (is_over(of, now)) {
    tell(of, out);
  }
  of.began = of.began.value_or(now);
  if (of.shown == lines_max) {
    return false;
  }
  ++of.shown;
  return true;
}

void mismatch_log::hold_back(minute& of, const std::string& what, const std::string& key) {
  ++of.held_back;
  auto found = of.groups.find(what);
  if (found == of.groups.end()) {
    if (of.groups.size() == groups_kept_max) {
      ++of.ungrouped;
      return;
    }
    found = of.groups.emplace(what, group{.example = key}).first;
  }
  ++found->second.entries;
}

/// Ends the minute: the groups with the most first.
void mismatch_log::tell(minute& of, std::vector<log_line>& out) {
  const auto over = std::exchange(of, {.healed = of.healed});
  if (over.held_back == 0) {
    return;
  }
  std::vector<std::pair<std::string, group>> groups(over.groups.begin(), over.groups.end());
  std::ranges::sort(groups, [](const auto& a, const auto& b) {
    return std::pair(-a.second.entries, a.first) < std::pair(-b.second.entries, b.first);
  });
  std::string text;
  auto rest = over.ungrouped;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto& [what, held] = groups[i];
    if (i < groups_max) {
      text +=
          fmt::format("{}{} {}, as {}", text.empty() ? "" : "; ", held.entries, what, held.example);
    } else {
      rest += held.entries;
    }
  }
  if (rest > 0) {
    text += fmt::format("; {} others", rest);
  }
  log_line line{.how = over.how,
                .healed = over.healed,
                .many = true,
                .fields = {{"count", over.held_back}, {"groups", text}}};
  if (over.healed) {
    line.fields.emplace_back("changes", over.changes);
  }
  out.push_back(std::move(line));
}

std::string mismatch_log::shown_key(const verify::item_key& key) const {
  return hash_keys_ ? key.hash.hex() : key.json;
}

void log_lines(const std::vector<log_line>& lines) {
  for (const auto& line : lines) {
    if (line.healed) {
      log::event(line.how, line.many ? "mismatches_healed" : "mismatch_healed", {}, line.fields);
    } else {
      log::event(line.how, line.many ? "mismatches" : "mismatch", {}, line.fields);
    }
  }
}

}  // namespace ddm::monitor
