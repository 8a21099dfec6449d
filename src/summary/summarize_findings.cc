// The section of what is open, and that of how it came to be so.
#include "base/units.h"
#include "report/text_parts.h"
#include "summary/moment.h"
#include "summary/past.h"
#include "summary/summarize_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::summary {
namespace {

constexpr std::size_t text_max = 300;  // bytes of a key or a list of attributes
constexpr std::size_t changes_max = 50;
constexpr std::size_t groups_shown = 50;  // all that facts have
constexpr std::size_t plot_points_max = 360;
constexpr const char* whole_item = "(the whole item)";

const report::status& status_of(const facts& of) { return of.stored.runs.front().status; }

std::string attributes_of(const verify::mismatch& entry) {
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, entry.paths.size()); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", entry.paths[i].path, entry.paths[i].change);
  }
  if (entry.paths.size() > shown) {
    text += fmt::format(" and {} more", entry.paths.size() - shown);
  }
  return shortened(std::move(text), text_max);
}

std::string open_by_kind(const report::status& now) {
  std::string text;
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    if (const auto open = now.mismatches.open.at(i); open > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", report::number(open),
                          verify::mismatch_kind_names.at(i));
    }
  }
  return text.empty() ? "none" : text;
}

/// A word of a shell's command line, whatever is in it.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) {
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return text + "'";
}

std::string command_for_all(const report::status& now) {
  const auto& file = now.about.findings_file;
  return file.empty() ? std::string()
                      : "jq -c -s 'group_by(.id)[] | last | select(.state == \"confirmed\")' " +
                            quoted(file);
}

table kinds_table(const report::status& now) {
  table kinds{.title = "By kind",
              .head = {"kind", "open keys", "only counted"},
              .rows = {},
              .where_to_find = {}};
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    if (now.mismatches.open.at(i) + now.unlisted.open.at(i) > 0) {
      kinds.rows.push_back({std::string(verify::mismatch_kind_names.at(i)),
                            report::number(now.mismatches.open.at(i)),
                            report::number(now.unlisted.open.at(i))});
    }
  }
  return kinds;
}

table groups_table(const facts& of) {
  table groups{.title = "By kind and attribute",
               .head = {"kind", "attribute", "keys"},
               .rows = {},
               .where_to_find = {}};
  for (const auto& group : of.findings.groups) {
    groups.rows.push_back({std::string(verify::to_string(group.kind)),
                           group.path.empty() ? whole_item : shortened(group.path, text_max),
                           report::number(group.keys)});
  }
  if (groups.rows.size() >= groups_shown) {
    groups.title += ", the largest";
  }
  const auto all = status_of(of).mismatches.all();
  if (of.findings.looked_at < all) {
    groups.title += fmt::format(", of the newest {}", report::number(of.findings.looked_at));
  }
  return groups;
}

table findings_table(const facts& of) {
  const auto& now = status_of(of);
  const auto& newest = of.findings.newest;
  table list{.title = "The newest",
             .head = {"kind", "key", "attributes", "first seen"},
             .rows = {},
             .rows_left_out = static_cast<std::size_t>(std::max<std::int64_t>(
                 0, now.mismatches.all() - static_cast<std::int64_t>(newest.size()))),
             .where_to_find = command_for_all(now),
             .has_commands = true};
  for (const auto& entry : newest) {
    list.rows.push_back({std::string(verify::to_string(entry.kind)),
                         of.hash_keys ? entry.key.hash.hex() : shortened(entry.key.json, text_max),
                         entry.paths.empty() ? whole_item : attributes_of(entry),
                         moment(entry.first_seen)});
  }
  return list;
}

std::string value_text(double value, std::string_view unit) {
  return unit == "ms"
             ? spoken_duration(milliseconds{static_cast<std::int64_t>(value)})
             : fmt::format("{} {}", report::number(static_cast<std::int64_t>(value)), unit);
}

/// "at most 4.2 s, at 2026-…; 1.2 s at the end".
std::string words_of(const plot& made, const curve& of) {
  const auto highest = std::ranges::max_element(of.values);  // what is not known is the lowest
  const auto last = std::ranges::find_if(of.values.rbegin(), of.values.rend(),
                                         [](const auto& each) { return each.has_value(); });
  if (highest == of.values.end() || !*highest || last == of.values.rend()) {
    return "nothing was measured";
  }
  return fmt::format("{}: at most {}, at {}; {} at the end", of.name,
                     value_text(**highest, made.unit),
                     moment(made.at[static_cast<std::size_t>(highest - of.values.begin())]),
                     value_text(**last, made.unit));
}

plot plot_of(const std::vector<past_point>& points, std::string title, std::string unit,
             std::vector<std::pair<std::string, std::string>> curves) {
  plot made{
      .title = std::move(title), .in_words = {}, .unit = std::move(unit), .at = {}, .curves = {}};
  for (const auto& point : points) {
    made.at.push_back(point.at);
    made.watched.push_back(point.watched);
  }
  for (auto& [name, figure] : curves) {
    curve line{.name = std::move(name), .values = {}};
    for (const auto& point : points) {
      const auto found = point.figures.find(figure);
      line.values.push_back(found == point.figures.end() ? std::nullopt
                                                         : std::optional(found->second));
    }
    made.curves.push_back(std::move(line));
  }
  return made;
}

/// What is drawn is thinned, what is told is not.
plot plot_of(const std::vector<past_point>& all, const std::vector<past_point>& points,
             const std::string& title, const std::string& unit,
             const std::vector<std::pair<std::string, std::string>>& curves) {
  auto made = plot_of(points, title, unit, curves);
  const auto whole = plot_of(all, title, unit, curves);
  made.in_words = words_of(whole, whole.curves.back());
  return made;
}

/// The verdict as it stood last: it may have changed since the last minute began.
void add_present(std::vector<past_point>& points, const monitor::stored_run& run) {
  const auto& now = run.status;
  const auto verdict = run.held ? run.held->kind : now.verdict.kind;
  const auto at = run.held ? run.held->since : now.verdict_since;
  if (verdict != points.back().verdict) {
    points.push_back({.at = std::max(points.back().at + milliseconds{1}, at),
                      .verdict = verdict,
                      .figures = {}});
  }
  if (now.at > points.back().at) {
    points.push_back({.at = now.at,
                      .verdict = verdict,
                      .figures = {{"open_keys_all", static_cast<double>(now.mismatches.all() +
                                                                        now.unlisted.all())}}});
  }
}

table changes_table(const facts& of, const std::vector<past_point>& points) {
  table list{.title = "When the verdict changed",
             .head = {"from", "verdict"},
             .rows = {},
             .where_to_find = {}};
  const auto changes = verdict_changes(points);
  const auto skipped = changes.size() > changes_max ? changes.size() - changes_max : 0;
  for (auto i = skipped; i < changes.size(); ++i) {
    list.rows.push_back({moment(changes[i].at),
                         changes[i].verdict ? std::string(report::to_string(*changes[i].verdict))
                                            : "nobody watched any more"});
  }
  if (skipped > 0) {
    list.title += fmt::format(" (the last {} times of {})", changes_max, changes.size());
  }
  const auto& run = of.stored.runs.front();
  if (!run.goes_on() && run.status.follows_stream) {
    list.rows.push_back({moment(run.status.at), "nobody watches any more"});
  }
  return list;
}

}  // namespace

std::string shortened(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  text.resize(end);
  return text + "…";
}

section findings_section(const facts& of) {
  const auto& now = status_of(of);
  section made{.title = "Open mismatches"};
  const auto open = now.mismatches.all();
  made.facts.push_back({.name = "open",
                        .value = open_by_kind(now),
                        .how = now.mismatches.mismatches() > 0 ? tone::bad
                               : open > 0                      ? tone::warning
                                                               : tone::good});
  if (const auto unlisted = now.unlisted.all(); unlisted > 0) {
    made.facts.push_back(
        {.name = "only counted",
         .value = fmt::format("{} more, beyond --findings-max", report::number(unlisted)),
         .how = tone::bad});
  }
  if (open + now.unlisted.all() > 0) {
    made.tables.push_back(kinds_table(now));
  }
  if (!of.findings.newest.empty()) {
    made.tables.push_back(groups_table(of));
    made.tables.push_back(findings_table(of));
  }
  return made;
}

section history_section(const facts& of) {
  section made{.title = "Over time",
               .lead =
                   "A point a minute for the last day, before that one each 15 minutes, for two "
                   "weeks at most."};
  auto all = read_points(of.points, of.made);
  if (all.empty()) {
    return {};
  }
  add_present(all, of.stored.runs.front());
  made.tables.push_back(changes_table(of, all));
  if (all.size() < 2) {
    return made;
  }
  const auto points = thinned(all, plot_points_max);
  made.band.emplace();
  for (const auto& point : points) {
    made.band->at.push_back(point.at);
    made.band->verdicts.push_back(point.verdict);
    made.band->watched.push_back(point.watched);
  }
  if (status_of(of).follows_stream) {
    made.plots.push_back(
        plot_of(all, points, "Lag of the changes", "ms",
                {{"half of them within", "lag_ms_p50"}, {"99 % within", "lag_ms_p99"}}));
  }
  made.plots.push_back(
      plot_of(all, points, "Open mismatches", "keys", {{"open", "open_keys_all"}}));
  return made;
}

}  // namespace ddm::summary
