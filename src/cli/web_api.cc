#include "cli/web_api.h"

#include "base/displayable.h"
#include "base/foreign_json.h"
#include "cli/web_page.h"
#include "cli/web_shards.h"
#include "report/render.h"
#include "report/render_metrics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace ddm::cli {
namespace {

using serve::json_document;
using serve::plain_text;
using serve::response;

/// A run that has not committed for this long is not well.
constexpr std::chrono::seconds commit_age_max{60};
/// One that is older says nothing of now: it is taken each second.
constexpr std::chrono::seconds status_age_max{5};

constexpr std::string_view index_text =
    "dynamodb-migration-monitor: read-only.\n"
    "/                                       the live page, for a browser\n"
    "/api/v1/migrations                      all migrations of this process\n"
    "/api/v1/migrations/NAME/status          how it stands\n"
    "/api/v1/migrations/NAME/history         the last days, ?since=TIME\n"
    "/api/v1/migrations/NAME/findings        open mismatches, ?state= &kind= &path= &after= "
    "&limit=\n"
    "/api/v1/migrations/NAME/shards          the stream's shards, the newest 500\n"
    "/api/v1/migrations/NAME/events          the status each second (server-sent events)\n"
    "/api/v1/migrations/NAME/go, /go         200 at GO, else 503\n"
    "/metrics                                for Prometheus\n"
    "/healthz, /readyz                       200, else 503";

response not_found() { return plain_text(404, "there is nothing here: /api tells what there is"); }

bool is_within(milliseconds limit, wall_time at, wall_time now) {
  return now - at <= limit && at - now <= limit;
}

/// One that shows nothing more (it drains, or its last commit takes long) is at GO no longer.
bool is_at_go(const shown_run& run, wall_time time) {
  const auto& now = *run.latest();
  return now.follows_stream && !now.ended && now.verdict.kind == report::verdict_kind::go &&
         is_within(status_age_max, now.at, time);
}

response go_answer(bool is_go, const std::vector<shown_run*>& runs) {
  auto list = nlohmann::ordered_json::array();
  for (const auto* run : runs) {
    const auto& now = *run->latest();
    list.push_back({{"migration", now.about.migration},
                    {"at", format_rfc3339(now.at)},
                    {"verdict", to_string(now.verdict.kind)},
                    {"reasons", now.verdict.reasons}});
  }
  return json_document(is_go ? 200 : 503,
                       json_text(nlohmann::ordered_json{{"go", is_go}, {"migrations", list}}));
}

/// Of a fleet every migration must be there to say so.
response go_of_all(const shown_runs& shown, wall_time time) {
  const auto runs = shown.all();
  const bool all =
      !runs.empty() && runs.size() >= shown.members.size() &&
      std::ranges::all_of(runs, [time](const shown_run* run) { return is_at_go(*run, time); });
  return go_answer(all, runs);
}

/// The migrations of a fleet that do not run, with their reasons.
nlohmann::ordered_json absent_members(const shown_runs& shown) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : shown.rows()) {
    if (row.state == report::member_state::running) {
      continue;
    }
    auto& entry = list.emplace_back(nlohmann::ordered_json{
        {"migration", row.name}, {"state", to_string(row.state)}, {"why", displayable(row.why)}});
    if (row.again_at) {
      entry["again_at"] = format_rfc3339(*row.again_at);
    }
    if (row.state == report::member_state::ended && row.now != nullptr) {
      entry["last_verdict"] = to_string(row.now->verdict.kind);
    }
  }
  return list;
}

/// A line of the page's overview, and no more: 200 of them are read each 2 s.
nlohmann::ordered_json listed(const report::status& now) {
  const auto lag = now.lag.percentile(0.95);
  return {{"migration", now.about.migration},
          {"command", now.about.command},
          {"at", format_rfc3339(now.at)},
          {"phase", to_string(now.phase)},
          {"verdict", to_string(now.verdict.kind)},
          {"reasons", now.verdict.reasons},
          {"events_per_second", now.events_per_second},
          {"lag_p95_ms", lag ? nlohmann::ordered_json(lag->count()) : nullptr},
          {"open_mismatches", now.mismatches.mismatches() + now.unlisted.mismatches()},
          {"source", now.about.tables.source.name},
          {"target", now.about.tables.target.name}};
}

/// With the time here: a proxy puts its own into its answers' head.
response list_of(const shown_runs& shown, wall_time time) {
  auto list = nlohmann::ordered_json::array();
  for (const auto* run : shown.all()) {
    list.push_back(listed(*run->latest()));
  }
  auto waiting = nlohmann::ordered_json::array();
  for (const auto& each : shown.standbys()) {
    waiting.push_back({{"state", each.state},
                       {"held_by", displayable(each.held_by)},
                       {"seen_at", format_rfc3339(each.seen_at)}});
  }
  return json_document(200, json_text(nlohmann::ordered_json{{"now", format_rfc3339(time)},
                                                             {"version", DDM_VERSION},
                                                             {"migrations", list},
                                                             {"standby", waiting},
                                                             {"absent", absent_members(shown)}}));
}

/// A process that waits has no status, and one that has a status waits for nothing.
std::string standby_metrics(const std::vector<shown_standby>& standbys) {
  if (standbys.empty()) {
    return {};
  }
  std::string text =
      "# HELP ddm_standby 1 while this process waits for a state that another one holds.\n"
      "# TYPE ddm_standby gauge\n";
  for (const auto& each : standbys) {  // of letters that need no escape (remote/state_address.h)
    text += fmt::format("ddm_standby{{state=\"{}\"}} 1\n", each.state);
  }
  return text;
}

/// Of a fleet: one that does not run has no other metrics.
std::string absence_metrics(const shown_runs& shown) {
  std::string text;
  for (const auto& row : shown.rows()) {
    if (row.state != report::member_state::running) {  // names need no escape (config_file.h)
      text += fmt::format("ddm_absent{{migration=\"{}\",state=\"{}\"}} 1\n", row.name,
                          to_string(row.state));
    }
  }
  return text.empty() ? text
                      : "# HELP ddm_absent 1 while a migration of the fleet does not run.\n"
                        "# TYPE ddm_absent gauge\n" +
                            text;
}

response metrics_of(const shown_runs& shown) {
  const auto runs = shown.all();
  std::vector<report::status> statuses;
  statuses.reserve(runs.size());
  for (const auto* run : runs) {
    statuses.push_back(*run->latest());
  }
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = report::render_metrics(statuses) + standby_metrics(shown.standbys()) +
                  absence_metrics(shown)};
}

serve::answer events_of(shown_run& run) {
  const auto now = run.text();
  auto events = run.events().subscribe({{.name = "status", .data = now}});
  if (!events) {
    return plain_text(503, "too many listen already");
  }
  return events;
}

}  // namespace

awaitable<serve::answer> web_api::answer(const serve::request& asked) {
  const auto& path = asked.path;
  if (path.empty()) {
    co_return asked.accept.contains("text/html") ? *page_file("page.html")
                                                 : plain_text(200, index_text);
  }
  if (path.size() == 2 && path[0] == "assets") {
    auto file = page_file(path[1]);
    co_return file ? *std::move(file) : not_found();
  }
  if (path.size() == 1) {
    co_return of_process(path[0]);
  }
  if (path.size() < 3 || path[0] != "api" || path[1] != "v1" || path[2] != "migrations" ||
      path.size() == 4 || path.size() > 5) {
    co_return not_found();
  }
  if (path.size() == 3) {
    co_return list_of(runs_, clock_.now());
  }
  auto* run = runs_.find(path[3]);
  if (run == nullptr) {
    co_return plain_text(404, "no such migration runs here: /api/v1/migrations lists them");
  }
  const shown_run::look stays(*run);
  co_return co_await of_run(*run, path[4], asked);
}

serve::answer web_api::of_process(const std::string& name) const {
  if (name == "api") {
    return plain_text(200, index_text);
  }
  if (name == "metrics") {
    return metrics_of(runs_);
  }
  if (name == "healthz") {
    return healthz();
  }
  if (name == "readyz") {
    // A standby is as ready as it will be: a rolling deployment goes on by that.
    // Of a fleet one migration or another may always be away.
    return !runs_.all().empty() || !runs_.members.empty() ? plain_text(200, "serving")
           : !runs_.standbys().empty()                    ? plain_text(200, "standby")
                                                          : plain_text(503, "no run has begun yet");
  }
  if (name == "go") {
    return go_of_all(runs_, clock_.now());
  }
  return not_found();
}

awaitable<serve::answer> web_api::of_run(shown_run& run, const std::string& what,
                                         const serve::request& asked) {
  if (what == "status") {
    co_return json_document(200, report::render_json(*run.latest()));
  }
  if (what == "history") {
    co_return history(run, asked);
  }
  const bool reads_state = what == "findings" || what == "shards";
  if (reads_state && !run.store().waits_for_room().empty()) {
    co_return plain_text(503, "the state waits for room on the disk: ask again");
  }
  if (what == "findings") {
    co_return co_await findings_.answer(run, asked);
  }
  if (what == "shards") {
    co_return co_await answer_shards(run);
  }
  if (what == "events") {
    co_return events_of(run);
  }
  if (what == "go") {
    co_return go_answer(is_at_go(run, clock_.now()), {&run});
  }
  co_return not_found();
}

response web_api::healthz() const {
  const auto now = clock_.now();
  for (const auto* run : runs_.all()) {
    const auto& about = *run->latest();
    const auto last = about.committed_at.value_or(about.about.started);
    if (!is_within(commit_age_max, last, now)) {
      return plain_text(503, fmt::format("{}: nothing has been committed since {}",
                                         about.about.migration, format_rfc3339(last)));
    }
  }
  return plain_text(200, "alive");
}

response web_api::history(const shown_run& run, const serve::request& asked) const {
  const auto* text = serve::find_parameter(asked.query, "since");
  const auto since = text == nullptr ? std::optional(from_ms(0)) : parse_rfc3339(*text);
  if (!since) {
    return plain_text(400, "since is no time: write it as 2026-01-31T22:00:00Z");
  }
  return json_document(200, fmt::format(R"({{"points":[{}]}})",
                                        fmt::join(run.past().points(clock_.now(), *since), ",")));
}

}  // namespace ddm::cli
