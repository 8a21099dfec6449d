#include "cli/report_command.h"

#include "aws/text_file.h"
#include "base/displayable.h"
#include "base/foreign_json.h"
#include "base/same_file.h"
#include "base/time.h"
#include "cli/event_loop.h"
#include "cli/standard_output.h"
#include "report/exit_code.h"
#include "report/render.h"
#include "report/verdict.h"
#include "runtime/clock.h"
#include "summary/render.h"
#include "summary/signs_of_life.h"
#include "summary/stored_facts.h"
#include "summary/summarize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <span>
#include <utility>

namespace ddm::cli {
namespace {

using monitor::stored_run;
using report::exit_code;
using summary::facts;

/// What became of one of the states that were named.
struct reading {
  std::string state_file;
  result<facts> found;
  wall_time over;  ///< when it was
};

using clock_function = std::function<wall_time()>;

awaitable<reading> read(std::string path, const clock_function& clock) {
  auto found = co_await summary::read_facts(path, clock);
  co_return reading{.state_file = std::move(path), .found = std::move(found), .over = clock()};
}

/// As the run's own at its end; of a monitor that does not go on nothing is known since.
exit_code code_for(const stored_run& run) {
  const auto code = report::decide_exit(run.status, false);
  const bool is_over = !run.goes_on() && (run.status.follows_stream || !run.status.ended);
  const bool unknown = is_over || !run.status.failure.empty();
  return unknown && code == exit_code::equal ? exit_code::incomplete : code;
}

/// Beside a monitor that goes on nothing else is asked: what others have found is among its open
/// mismatches (monitor/stored_runs.h).
exit_code code_for(std::span<const stored_run> runs) {
  const auto goes_on = std::ranges::find_if(
      runs, [](const stored_run& run) { return run.status.follows_stream && run.goes_on(); });
  if (goes_on != runs.end()) {
    return code_for(*goes_on);
  }
  auto worst = exit_code::equal;
  for (const auto& run : runs) {
    worst = worse_of(worst, code_for(run));
  }
  return worst;
}

exit_code code_for(const reading& of) {
  if (!of.found) {
    return report::code_of(of.found.error().kind);
  }
  return of.found->stored.runs.empty() ? exit_code::incomplete : code_for(of.found->stored.runs);
}

/// Empty: there is something to tell of it.
std::string fault_of(const reading& of) {
  if (!of.found) {
    return of.found.error().describe();
  }
  return of.found->stored.runs.empty()
             ? fmt::format(
                   "no run on {} has recorded how it stands: start `monitor` or `compare` "
                   "of this version on it",
                   of.state_file)
             : std::string();
}

constexpr std::chrono::seconds read_anew_after{5};

nlohmann::ordered_json held_json(const stored_run& run) {
  if (!run.held) {
    return nullptr;
  }
  return {{"verdict", report::to_string(run.held->kind)},
          {"since", format_rfc3339(run.held->since)},
          {"until", format_rfc3339(run.held->until)}};
}

/// What the run printed itself, with what is known of it by now.
std::string json_of(const facts& of, const stored_run& run) {
  auto document = nlohmann::ordered_json::parse(report::render_json(run.status));
  document["held"] = held_json(run);
  document["report"] = {{"made", format_rfc3339(of.made)},
                        {"version", DDM_VERSION},
                        {"state", of.state_file},
                        {"goes_on", run.goes_on()}};
  return displayable(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string as_json(std::span<const reading> all) {
  std::string lines;
  const auto add = [&lines](const std::string& line) {
    lines += (lines.empty() ? "" : "\n") + line;
  };
  for (const auto& each : all) {
    if (const auto fault = fault_of(each); !fault.empty()) {
      const nlohmann::ordered_json line{{"report", {{"state", each.state_file}}},
                                        {"verdict", "WAIT"},
                                        {"reasons", nlohmann::ordered_json::array({fault})}};
      add(json_text(line));
      continue;
    }
    for (const auto& run : each.found->stored.runs) {
      add(json_of(*each.found, run));
    }
  }
  return lines;
}

std::string as_text(const facts& of, report_format format) {
  const auto told = summary::summarize(of);
  switch (format) {
    case report_format::markdown:
      return summary::render_markdown(told);
    case report_format::html:
      return summary::render_html(told);
    case report_format::text:
    case report_format::json:
      break;
  }
  return summary::render_text(told);
}

std::string as_table(std::span<const reading> all, wall_time made, report_format format) {
  std::vector<summary::overview_row> rows;
  std::vector<summary::summary> pages;
  for (const auto& each : all) {
    const auto fault = fault_of(each);
    rows.push_back(fault.empty() ? summary::row_of(*each.found)
                                 : summary::row_of_unread(each.state_file, fault));
    if (fault.empty() && format == report_format::html) {
      pages.push_back(summary::summarize(*each.found));
    }
  }
  const auto table = summary::overview_of(std::move(rows), made);
  return format == report_format::html       ? summary::render_html(table, pages)
         : format == report_format::markdown ? summary::render_markdown(table)
                                             : summary::render_text(table);
}

/// So much of a file's beginning and end tells whether it is a report.
constexpr std::streamoff told_by = 4096;

/// JSON has its members in the order of their names, those of a state that cannot be read fewer; in
/// all other forms who made it stands at the end.
bool is_report(std::string_view begins, std::string_view ends, report_format format) {
  const bool is_page = begins.starts_with("<!doctype html");
  if (format == report_format::json) {
    return begins.starts_with(R"({"alerts":{"failed":)") || begins.starts_with(R"({"reasons":[)");
  }
  return is_page == (format == report_format::html) &&
         ends.contains("by dynamodb-migration-monitor ");
}

/// Only an earlier report of this form gives way: a slip of the shell's `*` must not cost a state,
/// a journal or a key file.
bool may_replace(const std::string& path, report_format format) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) {
    return true;
  }
  std::ifstream there(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::streamoff>(there.tellg());
  const auto part_at = [&](std::streamoff from) {
    std::string part(static_cast<std::size_t>(std::min(size - from, told_by)), '\0');
    there.seekg(from);
    there.read(part.data(), static_cast<std::streamsize>(part.size()));
    return part;
  };
  return there &&
         (size == 0 ||
          is_report(part_at(0), part_at(std::max<std::streamoff>(0, size - told_by)), format));
}

/// Where a link leads, also to what is not there yet.
std::string end_of_link(std::filesystem::path path) {
  std::error_code unknown;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(path, unknown); ++links) {
    path = path.parent_path() / std::filesystem::read_symlink(path, unknown);
  }
  return path.string();
}

/// Anything but `equal`, and a complaint: whoever asked for it did not get it.
exit_code hand_over(const std::string& text, const report_options& options) {
  if (!options.output_file) {
    return print_report(text) ? exit_code::equal : exit_code::incomplete;
  }
  if (!may_replace(*options.output_file, options.output)) {
    complain(fmt::format(
        "--output-file {} holds something else than a report of this form: name another file",
        *options.output_file));
    return exit_code::usage;
  }
  // A link stays one: what it leads to is replaced.
  const auto written = aws::replace_private_file(end_of_link(*options.output_file),
                                                 displayable(text, line_breaks::kept) + "\n");
  if (written) {
    return exit_code::equal;
  }
  complain("--output-file: " + written.error().describe());
  return report::code_of(written.error().kind);
}

/// Empty: a report may take the place of what is there. In that of a state it would be the end of
/// the state, in that of a device that of the machine.
std::string fault_of_output(const report_options& options) {
  if (!options.output_file) {
    return {};
  }
  const auto& path = *options.output_file;
  std::error_code unknown;
  const auto there = std::filesystem::status(path, unknown);
  if (there.type() == std::filesystem::file_type::none) {
    return fmt::format("--output-file {} cannot be looked at: {}; name another file", path,
                       unknown.message());
  }
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    return fmt::format(
        "--output-file {} is no regular file: leave the flag out, and send standard "
        "output there",
        path);
  }
  for (const auto& state : options.state_files) {
    if (is_one_place(path, state)) {
      return fmt::format("--output-file {} is the state itself: name another file", path);
    }
  }
  return {};
}

awaitable<int> tell(const report_options& options) {
  if (const auto fault = fault_of_output(options); !fault.empty()) {
    complain(fault);
    co_return static_cast<int>(exit_code::usage);
  }
  const clock_function clock = [] { return system_clock().now(); };
  std::vector<reading> all;
  all.reserve(options.state_files.size());
  for (const auto& path : options.state_files) {
    all.push_back(co_await read(path, clock));
  }
  // What was read first may be old by now: states can be large, and many.
  for (auto& each : all) {
    if (each.found && clock() - each.over > read_anew_after) {
      each = co_await read(each.state_file, clock);
    }
  }
  const auto made = clock();
  for (auto& each : all) {
    if (each.found) {
      summary::let_pass(*each.found, made);
    }
  }
  auto code = exit_code::equal;
  bool any = false;
  for (const auto& each : all) {
    code = worse_of(code, code_for(each));
    const auto fault = fault_of(each);
    any = any || fault.empty();
    if (!fault.empty()) {
      complain(fault);
    }
  }
  // What lies in the file would go on saying what was true once.
  if (!any && !options.output_file) {
    co_return static_cast<int>(code);
  }
  const auto text = options.output == report_format::json ? as_json(all)
                    : any && all.size() == 1 ? as_text(*all.front().found, options.output)
                                             : as_table(all, made, options.output);
  co_return static_cast<int>(worse_of(code, hand_over(text, options)));
}

/// Null: nobody was ever at work.
std::string line_of(const std::string& path, const summary::sign_of_life* sign) {
  if (sign == nullptr) {
    return path + ": no run has recorded how it stands";
  }
  return fmt::format("{}: {} {}, last sign of life at {}", path, sign->command,
                     sign->goes_on                ? "is at work"
                     : sign->held && !sign->ended ? "hangs, or a clock was set"
                                                  : "is not at work",
                     format_rfc3339(sign->at));
}

/// One line of each state, whose code is only whether somebody works on it.
awaitable<int> tell_who_is_alive(const report_options& options) {
  const clock_function clock = [] { return system_clock().now(); };
  auto code = exit_code::equal;
  std::string lines;
  for (const auto& path : options.state_files) {
    const auto signs = co_await summary::signs_of_life(path, clock);
    if (!signs) {
      complain(signs.error().describe());
      code = worse_of(code, report::code_of(signs.error().kind));
      continue;
    }
    const auto* const sign = summary::asked_of(*signs);
    if (sign == nullptr || !sign->goes_on) {
      code = worse_of(code, exit_code::incomplete);
    }
    lines += (lines.empty() ? "" : "\n") + line_of(path, sign);
  }
  const bool told = lines.empty() || print_report(lines);
  co_return static_cast<int>(told ? code : worse_of(code, exit_code::incomplete));
}

}  // namespace

int run_report(const report_options& options) {
  asio::io_context io(1);
  return run_to_end(io, options.alive ? tell_who_is_alive(options) : tell(options));
}

}  // namespace ddm::cli
