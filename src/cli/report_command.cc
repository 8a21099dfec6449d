#include "cli/report_command.h"

#include "base/displayable.h"
#include "base/time.h"
#include "cli/event_loop.h"
#include "cli/standard_output.h"
#include "cli/start_text.h"
#include "monitor/stored_runs.h"
#include "report/exit_code.h"
#include "report/render.h"
#include "report/verdict.h"
#include "runtime/clock.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace ddm::cli {
namespace {

using monitor::stored_migration;
using monitor::stored_run;
using report::exit_code;

std::string when(const stored_run& run) {
  const auto at = format_rfc3339(run.status.at);
  if (run.status.ended) {
    return "ended at " + at;
  }
  const auto* const word = run.goes_on() ? "goes on"
                           : run.at_work ? "at work without a sign"
                                         : "works no more";
  return fmt::format("{}; as of {}", word, at);
}

std::string describe(const stored_migration& migration, const report_options& options) {
  std::string text;
  append_line(text, "source", migration.source);
  append_line(text, "target", migration.target);
  append_line(text, "state", options.state_file);
  for (const auto& run : migration.runs) {
    append_line(text, run.command, when(run));
  }
  for (const auto& run : migration.runs) {
    text += '\n';
    text += run.status.follows_stream ? report::render_text(run.status)
                                      : report::render_comparison(run.status);
  }
  if (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

std::string describe_as_json(const stored_migration& migration) {
  std::string lines;
  for (const auto& run : migration.runs) {
    lines += (lines.empty() ? "" : "\n") + report::render_json(run.status);
  }
  return lines;
}

/// As the run's own at its end; of a monitor that does not go on nothing is known since.
exit_code code_for(const stored_run& run) {
  const auto code = report::decide_exit(run.status, false);
  const bool is_over = !run.goes_on() && (run.status.follows_stream || !run.status.ended);
  const bool unknown = is_over || !run.status.failure.empty();
  return unknown && code == exit_code::equal ? exit_code::incomplete : code;
}

/// The first of 1, 3, 0 (report/exit_code.h). Beside a monitor that goes on nothing else is asked:
/// what others have found is among its open mismatches (monitor/stored_runs.h).
exit_code code_for(std::span<const stored_run> runs) {
  const auto goes_on = std::ranges::find_if(
      runs, [](const stored_run& run) { return run.status.follows_stream && run.goes_on(); });
  if (goes_on != runs.end()) {
    return code_for(*goes_on);
  }
  auto worst = exit_code::equal;
  for (const auto& run : runs) {
    const auto code = code_for(run);
    worst = worst == exit_code::mismatches || code == exit_code::equal ? worst : code;
  }
  return worst;
}

awaitable<result<stored_migration>> read_state(const std::string& path) {
  auto store = state::open_sqlite_store({.path = path, .command = {}});
  if (!store) {
    co_return fail(std::move(store.error()));
  }
  auto state = co_await (*store)->load(0);
  if (!state) {
    co_return fail(std::move(state.error()));
  }
  co_return monitor::stored_migration_of(
      *state, system_clock().now(),
      [&path](const std::string& command) { return state::is_in_use(path, command); });
}

awaitable<int> tell(const report_options& options) {
  const auto migration = co_await read_state(options.state_file);
  if (!migration) {
    complain(migration.error().describe());
    co_return static_cast<int>(report::code_of(migration.error().kind));
  }
  if (migration->runs.empty()) {
    complain(
        fmt::format("no run on {} has recorded how it stands: start `monitor` or `compare` of "
                    "this version on it",
                    options.state_file));
    co_return static_cast<int>(exit_code::incomplete);
  }
  const bool told =
      print_report(options.output == output_format::json
                       ? describe_as_json(*migration)
                       : displayable(describe(*migration, options), line_breaks::kept));
  co_return static_cast<int>(told ? code_for(migration->runs) : exit_code::incomplete);
}

}  // namespace

int run_report(const report_options& options) {
  asio::io_context io(1);
  return run_to_end(io, tell(options));
}

}  // namespace ddm::cli
