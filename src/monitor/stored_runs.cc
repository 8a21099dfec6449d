#include "monitor/stored_runs.h"

#include "monitor/findings_flow.h"
#include "monitor/session_state.h"
#include "monitor/unlisted_findings.h"
#include "report/derive.h"
#include "report/stored_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

bool is_go(const report::verdict& of) {
  return of.kind == report::verdict_kind::go || of.kind == report::verdict_kind::go_sampled;
}

/// Empty: it is as good as what a run says of itself.
std::string doubt_about(const stored_run& run) {
  if (run.goes_on() || !run.status.follows_stream) {
    return {};
  }
  const auto at = format_rfc3339(run.status.at);
  const auto held =
      run.held ? fmt::format("{} was held until {}: ", to_string(run.held->kind), at) : "";
  if (run.status.ended) {
    return fmt::format("{}the monitor ended at {}, and what changed since then nobody has seen",
                       held, at);
  }
  const auto* const end = run.at_work
                              ? "the monitor's last sign is of {}: it hangs, or a clock was "
                                "set"
                              : "the monitor works no more, its last sign is of {}: it was "
                                "killed";
  return held + fmt::format(fmt::runtime(end), at);
}

/// What others have found, repaired and made up for since is in the state at once: the run itself
/// may not have heard of it.
void take_rows(report::status& now, const state::snapshot& state) {
  now.gaps = state.gaps;
  auto open = open_counts(state);
  if (open.open != now.mismatches.open) {
    now.newest.clear();
    now.mismatch_groups.clear();
  }
  now.mismatches = std::move(open);
  now.unhealable = std::min(now.unhealable, static_cast<std::size_t>(now.mismatches.all()));
  auto unlisted = load_unlisted("monitor", state).all();
  unlisted.add(load_unlisted("compare", state).all());
  now.unlisted = unlisted.by_kind();
}

/// What follows from the figures once they are `age` old; they themselves stay those of their time.
report::status derived_after(milliseconds age, report::status now) {
  auto derived = now;
  if (derived.unread_for) {
    *derived.unread_for += age;
  }
  report::derive(now);
  report::derive(derived);
  now.verdict = std::move(derived.verdict);
  return now;
}

/// GO is the run's to say: it has waited for what it asks. What is well by rows alone is not
/// settled.
void derive_no_better(report::status& now, milliseconds age) {
  const auto recorded = now.verdict.kind;
  const bool was_go = is_go(now.verdict);
  auto derived = derived_after(age, now);
  if (is_go(derived.verdict) && !was_go) {
    now.troubles.push_back(fmt::format("what has changed since {} the {} has not judged yet",
                                       format_rfc3339(now.at), now.about.command));
    derived = derived_after(age, now);
  }
  if (derived.verdict.kind != recorded) {
    derived.verdict_since = derived.at;
  }
  now = std::move(derived);
}

/// Of its figures, by how old they are and who is at work.
void judge(stored_run& run) {
  run.status = run.figures;
  run.held.reset();
  if (is_go(run.status.verdict) && !run.goes_on()) {
    run.held = {
        .kind = run.status.verdict.kind, .since = run.status.verdict_since, .until = run.status.at};
  }
  if (auto doubt = doubt_about(run); !doubt.empty()) {
    run.status.troubles.push_back(std::move(doubt));
  }
  derive_no_better(run.status,
                   run.goes_on() ? std::max(milliseconds{0}, run.age) : milliseconds{0});
}

result<stored_run> load_run(std::string command, const std::string& recorded,
                            const state::snapshot& state, wall_time now,
                            const std::function<bool(const std::string&, wall_time)>& at_work) {
  auto figures = report::decode_figures(recorded);
  if (!figures) {
    return fail(std::move(figures.error()));
  }
  figures->about.command = command;  // also where an earlier version recorded none
  stored_run run{.command = std::move(command), .status = {}, .figures = *std::move(figures)};
  run.age = now - run.figures.at;
  run.at_work = at_work(run.command, run.figures.about.started);
  take_rows(run.figures, state);
  judge(run);
  return run;
}

}  // namespace

void let_pass(stored_run& run, milliseconds time, bool at_work) {
  run.age += time;
  run.at_work = at_work;
  judge(run);
}

result<stored_migration> stored_migration_of(
    const state::snapshot& state, wall_time now,
    const std::function<bool(const std::string& command, wall_time started)>& at_work) {
  const auto tables = tables_of(state);
  stored_migration found{.source = tables.source, .target = tables.target, .runs = {}};
  for (const auto* command : {"monitor", "compare"}) {
    const auto recorded = state.values.find(report::stored_status_name(command));
    if (recorded == state.values.end()) {
      continue;
    }
    auto run = load_run(command, recorded->second, state, now, at_work);
    if (!run) {
      return fail(std::move(run.error()));
    }
    found.runs.push_back(*std::move(run));
  }
  return found;
}

}  // namespace ddm::monitor
