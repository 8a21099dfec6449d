#include "summary/summarize.h"

#include "base/units.h"
#include "report/text_parts.h"
#include "report/verdict.h"
#include "summary/moment.h"
#include "summary/not_verified.h"
#include "summary/summarize_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddm::summary {
namespace {

using report::verdict_kind;

const monitor::stored_run& first_run(const facts& of) { return of.stored.runs.front(); }
const report::status& status_of(const facts& of) { return first_run(of).status; }

std::string name_of(const facts& of) {
  const auto& about = status_of(of).about;
  if (!about.migration.empty()) {
    return about.migration;
  }
  return about.tables.source.name.empty() ? of.stored.source : about.tables.source.name;
}

std::string place_of(const report::table_facts& table, const std::string& otherwise) {
  if (table.name.empty()) {
    return otherwise;
  }
  auto text = table.name;
  for (const auto* part : {&table.account, &table.region}) {
    text += part->empty()
                ? ""
                : fmt::format("{}{}", part == &table.account ? ", account " : ", ", *part);
  }
  return text;
}

/// One line beside the verdict.
std::string standing_of(const monitor::stored_run& run) {
  const auto& now = run.status;
  if (run.held) {
    return fmt::format("{} was held until {}, for {}", report::to_string(run.held->kind),
                       moment(run.held->until), spoken_duration(run.held->until - run.held->since));
  }
  if (!run.goes_on()) {
    return fmt::format("as of {}", moment(now.at));
  }
  return fmt::format("since {}, for {}", moment(now.verdict_since),
                     spoken_duration(std::max(milliseconds{0}, now.at - now.verdict_since)));
}

std::string drain_text(const report::status& now) {
  return now.drain_estimate
             ? fmt::format("about {} after a freeze", spoken_duration(*now.drain_estimate))
             : std::string("not known");
}

fact open_figure(const report::status& now) {
  const auto wrong = now.mismatches.mismatches() + now.unlisted.mismatches();
  return {.name = "open mismatches",
          .value = wrong == 0 ? std::string("none") : report::number(wrong),
          .how = wrong == 0 ? tone::good : tone::bad};
}

fact gaps_figure(const report::status& now) {
  const auto open = report::uncured_gaps(now.gaps);
  const auto all = static_cast<std::int64_t>(now.gaps.size());
  auto text = open == 0 ? std::string("none open") : fmt::format("{} open", report::number(open));
  if (all > open) {
    text += fmt::format(", {} cured", report::number(all - open));
  }
  return {
      .name = "coverage gaps", .value = std::move(text), .how = open == 0 ? tone::good : tone::bad};
}

fact at_rest_figure(const report::status& now) {
  if (!now.compared || !now.compared->progress.begun()) {
    return {.name = "items at rest", .value = "not compared", .how = tone::warning};
  }
  const auto& progress = now.compared->progress;
  return {.name = "items at rest",
          .value = fmt::format("{} keys compared{}", report::number(now.compared->keys()),
                               progress.finished() ? "" : " so far"),
          .how = progress.finished() ? tone::good : tone::warning};
}

std::vector<fact> figures_of(const facts& of) {
  const auto& now = status_of(of);
  std::vector<fact> figures{open_figure(now), gaps_figure(now), at_rest_figure(now)};
  if (now.follows_stream) {
    figures.push_back({.name = "keys",
                       .value = fmt::format("{} changed, {} checked", grouped(now.keys_changed),
                                            grouped(now.keys_checked))});
    const auto p99 = now.lag.percentile(0.99);
    figures.push_back(
        {.name = "lag (99 % within)", .value = p99 ? spoken_duration(*p99) : "not measured"});
    figures.push_back(
        {.name = now.stream_of == side::source ? "last source write" : "last write to the target",
         .value = of.last_write ? moment(*of.last_write) : "none seen"});
    figures.push_back({.name = "expected drain", .value = drain_text(now)});
  }
  figures.push_back({.name = "cost so far", .value = price_text(now.usd)});
  return figures;
}

bool is_empty(const section& each) {
  return each.facts.empty() && each.points.empty() && each.tables.empty() && each.plots.empty();
}

section not_verified_section(const facts& of) {
  return {.title = "Not verified",
          .lead = "What this report does not prove, whatever the verdict:",
          .points = not_verified(status_of(of), first_run(of).goes_on())};
}

/// A few of them, in a cell of a table.
std::vector<std::string> brief(const std::vector<std::string>& reasons) {
  constexpr std::size_t reasons_max = 3;
  std::vector<std::string> few;
  for (std::size_t i = 0; i < std::min(reasons_max, reasons.size()); ++i) {
    few.push_back(shortened(reasons[i], 160));
  }
  if (reasons.size() > reasons_max) {
    few.push_back(fmt::format("and {} more", reasons.size() - reasons_max));
  }
  return few;
}

std::string made_text(wall_time made) {
  return fmt::format("made {} by dynamodb-migration-monitor {}", moment(made), DDM_VERSION);
}

/// The worst first.
constexpr std::array by_badness{verdict_kind::no_go, verdict_kind::wait, verdict_kind::go_sampled,
                                verdict_kind::go};

}  // namespace

summary summarize(const facts& of) {
  const auto& run = first_run(of);
  const auto& tables = run.status.about.tables;
  summary made{
      .migration = name_of(of),
      .tables = fmt::format("{} → {}", place_of(tables.source, of.stored.source),
                            place_of(tables.target, of.stored.target)),
      .verdict = run.status.verdict.kind,
      .standing = standing_of(run),
      .reasons = run.status.verdict.reasons,
      .as_of = fmt::format("{} of {}: {}", run.command, moment(run.status.at), life_of(run)),
      .figures = figures_of(of),
      .sections = {},
      .made = made_text(of.made)};
  for (auto each :
       {not_verified_section(of), findings_section(of), tables_section(of), parity_section(of),
        history_section(of), changes_section(of), at_rest_section(of), stream_section(of),
        gaps_section(of), cost_section(of), runs_section(of), settings_section(of)}) {
    if (!is_empty(each)) {
      made.sections.push_back(std::move(each));
    }
  }
  return made;
}

overview_row row_of(const facts& of) {
  const auto& now = status_of(of);
  return {.migration = name_of(of),
          .state_file = of.state_file,
          .verdict = now.verdict.kind,
          .reasons = brief(now.verdict.reasons),
          .open_keys = report::number(now.mismatches.mismatches() + now.unlisted.mismatches()),
          .gaps = report::number(report::uncured_gaps(now.gaps)),
          .as_of = moment(now.at)};
}

overview_row row_of_unread(const std::string& state_file, const std::string& why) {
  return {.migration = state_file,
          .state_file = state_file,
          .verdict = verdict_kind::wait,
          .reasons = brief({why}),
          .open_keys = "?",
          .gaps = "?",
          .as_of = "?"};
}

overview overview_of(std::vector<overview_row> rows, wall_time made) {
  const auto* const worst = std::ranges::find_if(by_badness, [&](verdict_kind each) {
    return std::ranges::find(rows, each, &overview_row::verdict) != rows.end();
  });
  return {.worst = *worst, .rows = std::move(rows), .made = made_text(made)};
}

}  // namespace ddm::summary
