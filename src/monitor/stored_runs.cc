#include "monitor/stored_runs.h"

#include "monitor/session_state.h"
#include "report/derive.h"
#include "report/stored_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

/// Empty: it is as good as what a run says of itself.
std::string doubt_about(const stored_run& run) {
  if (run.goes_on() || !run.status.follows_stream) {
    return {};
  }
  const auto at = format_rfc3339(run.status.at);
  if (run.status.ended) {
    return fmt::format("the monitor ended at {}: what changed since then nobody has seen", at);
  }
  return run.at_work
             ? fmt::format("the monitor's last sign is of {}: it hangs, or a clock was set", at)
             : fmt::format("the monitor works no more, its last sign is of {}: it was killed", at);
}

result<stored_run> load_run(std::string command, const std::string& recorded,
                            const state::snapshot& state, wall_time now, bool at_work) {
  auto figures = report::decode_figures(recorded);
  if (!figures) {
    return fail(std::move(figures.error()));
  }
  stored_run run{.command = std::move(command), .status = *std::move(figures)};
  run.age = now - run.status.at;
  run.at_work = at_work;
  run.status.about.command = run.command;  // also where an earlier version recorded none
  run.status.gaps = state.gaps;
  if (auto doubt = doubt_about(run); !doubt.empty()) {
    run.status.troubles.push_back(std::move(doubt));
  }
  report::derive(run.status);
  return run;
}

}  // namespace

result<stored_migration> stored_migration_of(
    const state::snapshot& state, wall_time now,
    const std::function<bool(const std::string& command)>& at_work) {
  const auto tables = tables_of(state);
  stored_migration found{.source = tables.source, .target = tables.target, .runs = {}};
  for (const auto* command : {"monitor", "compare"}) {
    const auto recorded = state.values.find(report::stored_status_name(command));
    if (recorded == state.values.end()) {
      continue;
    }
    auto run = load_run(command, recorded->second, state, now, at_work(command));
    if (!run) {
      return fail(std::move(run.error()));
    }
    found.runs.push_back(*std::move(run));
  }
  return found;
}

}  // namespace ddm::monitor
