#include "monitor/stored_runs.h"

#include "base/units.h"
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
  const auto age = spoken_duration(run.age);
  return run.status.ended
             ? fmt::format("the monitor ended {} ago: what changed since then nobody has seen", age)
             : fmt::format("the monitor has given no sign for {}: it was killed, or hangs", age);
}

result<stored_run> load_run(std::string command, const std::string& recorded,
                            const state::snapshot& state, wall_time now) {
  auto figures = report::decode_figures(recorded);
  if (!figures) {
    return fail(std::move(figures.error()));
  }
  stored_run run{.command = std::move(command), .status = *std::move(figures)};
  run.age = std::max(milliseconds{0}, now - run.status.at);
  run.status.gaps = state.gaps;
  if (auto doubt = doubt_about(run); !doubt.empty()) {
    run.status.troubles.push_back(std::move(doubt));
  }
  report::derive(run.status);
  return run;
}

}  // namespace

result<stored_migration> stored_migration_of(const state::snapshot& state, wall_time now) {
  const auto tables = tables_of(state);
  stored_migration found{.source = tables.source, .target = tables.target, .runs = {}};
  for (const auto* command : {"monitor", "compare"}) {
    const auto recorded = state.values.find(report::stored_status_name(command));
    if (recorded == state.values.end()) {
      continue;
    }
    auto run = load_run(command, recorded->second, state, now);
    if (!run) {
      return fail(std::move(run.error()));
    }
    found.runs.push_back(*std::move(run));
  }
  return found;
}

}  // namespace ddm::monitor
