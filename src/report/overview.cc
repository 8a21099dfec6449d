#include "report/overview.h"

#include "base/display_width.h"
#include "base/displayable.h"
#include "base/units.h"
#include "report/text_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace ddm::report {
namespace {

constexpr std::array worst_verdicts{verdict_kind::no_go, verdict_kind::wait,
                                    verdict_kind::go_sampled, verdict_kind::go};
constexpr std::size_t verdict_columns = 12;  // "GO (sampled)"
constexpr std::size_t state_columns = 11;    // "catching up"
constexpr std::size_t name_columns_max = 40;

bool is_well(const member_row& row) {
  const auto verdict = verdict_of(row);
  return verdict == verdict_kind::go || verdict == verdict_kind::go_sampled;
}

std::size_t badness(const member_row& row) {
  const auto at = std::ranges::find(worst_verdicts, verdict_of(row));
  // One that is not running comes before the others at WAIT.
  const bool is_quiet = row.state == member_state::running || row.state == member_state::ended;
  return 2 * static_cast<std::size_t>(at - worst_verdicts.begin()) + (is_quiet ? 1 : 0);
}

std::string state_of(const member_row& row) {
  return row.state == member_state::running && row.now != nullptr && row.now->follows_stream
             ? std::string(to_string(row.now->phase))
             : std::string(to_string(row.state));
}

/// What an operator would ask next.
std::string reason_of(const member_row& row) {
  if (row.state == member_state::paused) {
    return row.again_at ? fmt::format("{}; tried again at {}", row.why, time_of_day(*row.again_at))
                        : row.why;
  }
  if (!row.why.empty() || row.now == nullptr) {
    return row.why;
  }
  const auto& reasons = row.now->verdict.reasons;
  if (reasons.empty()) {
    return {};
  }
  return reasons.size() == 1 ? reasons.front()
                             : fmt::format("{} (+{} more)", reasons.front(), reasons.size() - 1);
}

std::string figures_of(const member_row& row) {
  if (row.now == nullptr) {
    return {};
  }
  const auto& now = *row.now;
  std::string text;
  if (now.follows_stream) {
    text = rate_text(now.events_per_second);
    if (now.lag.count() > 0) {
      text += fmt::format(", lag p95 {}", spoken_duration(*now.lag.percentile(0.95)));
    }
  } else if (now.compared) {
    text = fmt::format(
        "{:.0f} %", now.compared->progress.finished() ? 100.0 : now.compared->share_read() * 100);
  }
  return text;
}

std::size_t widest_name(const std::vector<member_row>& rows) {
  std::size_t widest = 0;
  for (const auto& row : rows) {
    widest = std::max(widest, display_width(row.name));
  }
  return std::min(widest, name_columns_max);
}

/// Of one line. Names are of letters that are one column wide (cli/config_file.h).
std::string line_of(const member_row& row, std::size_t name_columns) {
  auto text = fmt::format("{:<{}}  {:<{}}  {:<{}}", to_string(verdict_of(row)), verdict_columns,
                          cut_to_width(row.name, name_columns, ".."), name_columns, state_of(row),
                          state_columns);
  for (const auto& part : {figures_of(row), reason_of(row)}) {
    if (!part.empty()) {
      text += "  " + displayable(part);
    }
  }
  std::ranges::replace(text, '\t', ' ');
  return text;
}

}  // namespace

std::string_view to_string(member_state value) {
  switch (value) {
    case member_state::waiting:
      return "waiting";
    case member_state::starting:
      return "starting";
    case member_state::standby:
      return "standby";
    case member_state::running:
      return "running";
    case member_state::paused:
      return "paused";
    case member_state::ended:
      return "ended";
  }
  std::unreachable();
}

verdict_kind verdict_of(const member_row& row) {
  const bool is_known = row.state == member_state::running || row.state == member_state::ended;
  return is_known && row.now != nullptr ? row.now->verdict.kind : verdict_kind::wait;
}

verdict_kind verdict_of(const std::vector<member_row>& rows) {
  const auto all_have_ended =
      std::ranges::all_of(rows, [](const auto& row) { return row.state == member_state::ended; });
  const auto weighed = [&](const member_row& row) {
    const bool is_watched_no_more = row.state == member_state::ended && !all_have_ended;
    return is_watched_no_more && is_well(row) ? verdict_kind::wait : verdict_of(row);
  };
  for (const auto kind : worst_verdicts) {
    if (std::ranges::any_of(rows, [&](const auto& row) { return weighed(row) == kind; })) {
      return kind;
    }
  }
  return verdict_kind::wait;
}

std::vector<member_row> worst_first(std::vector<member_row> rows) {
  std::multimap<std::size_t, member_row> sorted;  // those alike stay in their order
  for (auto& row : rows) {
    const auto at = badness(row);
    sorted.emplace(at, std::move(row));
  }
  rows.clear();
  for (auto& [at, row] : sorted) {
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string summary_of(const std::vector<member_row>& rows) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view words, const auto& is_one) {
    if (const auto count = std::ranges::count_if(rows, is_one); count > 0) {
      parts.push_back(fmt::format("{} {}", count, words));
    }
  };
  const auto add_at = [&](std::string_view words, member_state state, verdict_kind kind) {
    add(fmt::format("{} {}", words, to_string(kind)),
        [=](const member_row& row) { return row.state == state && verdict_of(row) == kind; });
  };
  const auto add_in = [&](std::string_view words, member_state state) {
    add(words, [state](const member_row& row) { return row.state == state; });
  };
  add_at("at", member_state::running, verdict_kind::no_go);
  add_in("paused", member_state::paused);
  add_at("at", member_state::running, verdict_kind::wait);
  add_at("at", member_state::running, verdict_kind::go_sampled);
  add_at("at", member_state::running, verdict_kind::go);
  add_in("starting", member_state::starting);
  add_in("waiting for its turn", member_state::waiting);
  add_in("on standby", member_state::standby);
  for (const auto kind : worst_verdicts) {
    add_at("ended at", member_state::ended, kind);
  }
  return fmt::format("{}: {} migration{}, {}", to_string(verdict_of(rows)), rows.size(),
                     rows.size() == 1 ? "" : "s", fmt::join(parts, ", "));
}

std::string render_overview(const std::vector<member_row>& rows, wall_time at, bool well_too) {
  auto text = fmt::format("fleet at {}  {}", time_of_day(at), summary_of(rows));
  const auto columns = widest_name(rows);
  for (const auto& row : worst_first(rows)) {
    if (well_too || !is_well(row)) {
      text += "\n  " + line_of(row, columns);
    }
  }
  return text;
}

panel render_overview_panel(const std::vector<member_row>& rows, wall_time at, panel_size size,
                            const panel_manner& manner) {
  const auto verdict = verdict_of(rows);
  std::vector<std::string> lines{fmt::format("{}  at {}", summary_of(rows), time_of_day(at))};
  const auto columns = std::min(widest_name(rows), std::max<std::size_t>(8, size.columns / 3));
  for (const auto& row : worst_first(rows)) {
    lines.push_back(line_of(row, columns));
  }
  const auto room = std::max<std::size_t>(1, size.rows);
  if (lines.size() > room) {
    const auto shown = room > 2 ? room - 1 : room;
    const auto hidden = lines.size() - shown;
    lines.resize(shown);
    if (shown < room) {
      lines.push_back(fmt::format("and {} more", hidden));
    }
  }
  panel made{.lines = {}, .verdict = verdict};
  for (const auto& line : lines) {
    made.lines.push_back(manner.unicode ? cut_to_width(line, size.columns, "…")
                                        : cut_to_width(ascii_only(line), size.columns, ".."));
  }
  made.verdict_bytes = std::min(to_string(verdict).size(), made.lines.front().size());
  return made;
}

}  // namespace ddm::report
