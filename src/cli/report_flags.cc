// `report`: its usage, and its flags in the order of their help.
#include "cli/shared_flags.h"
#include "cli/usage.h"
#include "remote/state_address.h"

#include <fmt/format.h>

namespace ddm::cli {
namespace {

const std::vector<std::pair<std::string_view, report_format>> report_formats{
    {"text", report_format::text},
    {"json", report_format::json},
    {"markdown", report_format::markdown},
    {"html", report_format::html}};

constexpr command_description report_description{
    .name = "report",
    .purpose =
        "Tells how a migration stands, from its state alone: also while monitor or compare work "
        "on\n"
        "it, and after they were killed. It asks no service and changes nothing.",
    .usage = "report FILE... [flags]",
    .examples =
        R"(  # What the monitor in another window has to say
  {0} report orders.monitor.db

  # For who decides about the cutover: one page, for a screen or paper
  {0} report orders.monitor.db --output html --output-file orders.html

  # All migrations of this folder: one table, the worst verdict and exit code
  {0} report *.monitor.db

  # All migrations of a fleet
  {0} report --config fleet.toml

  # For a health check: is the monitor at work on it?
  {0} report orders.monitor.db --alive

  # For a script: one object a line, of the monitor and of the last compare
  {0} report --state orders.monitor.db --output json
)",
    .exit_codes = R"(  0  all that was checked is equal
  1  confirmed mismatches are open
  2  only editing the command mends it: no such state, or none of this program
  3  incomplete, failed, or no monitor watches any more: GO is not told of a monitor whose last
     sign is older than 60 s; or the output could not be written
  4  the state cannot be read
  Of several states the first of 2, 4, 1, 3, 0. With --alive 0 says only that the monitor, or
  where none is under way a compare, is at work, and 3 that it is not.
)",
    .asks_services = false};

}  // namespace

const command_description& describe(const report_options&) { return report_description; }

flag_table flags_of(report_options& o) {
  return {
      {"Input and output",
       {{.name = "state",
         .value = "FILE",
         .target = list_into(o.state_files),
         .help = "the file that `monitor` printed at its start; repeatable, and may stand "
                 "without the flag: of several there is one table, with the worst verdict and "
                 "exit code",
         .takes_words = true},
        {.name = "config",
         .value = "FILE",
         .target = text_into(o.config_file),
         .help = "the file of a fleet: the states of its migrations",
         .more = "[A fleet](fleet.md)"},
        only_flag(o.only),
        {.name = "output",
         .value = "FORMAT",
         .target = choice_into(o.output, report_formats),
         .help = "text; markdown for a ticket; html, one page for a screen or paper; or json: one "
                 "object a line for each command that has left a status",
         .more = "[Its members](output.md#json-report-schema-2)"},
        {"output-file", "FILE", text_into(o.output_file),
         "where it is written; only an earlier report of this form gives way, and only its "
         "owner may read it",
         "standard output"},
        {.name = "alive",
         .value = "",
         .target = switch_into(o.alive),
         .help = "for health checks: tell only whether the monitor is at work on each state; exit "
                 "code 0 if so, with a sign of life of the last 60 s, else 3. A compare is asked "
                 "for only where no monitor was started, or the last one has ended by itself",
         .more = "Of the verdict the code says nothing then"}}},
      debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(report_options& o) {
  if (o.state_files.empty()) {
    return {
        "--state is missing: the file that `monitor` printed at its start, or --config with the "
        "file of a fleet"};
  }
  for (const auto& place : o.state_files) {
    if (remote::is_state_address(place)) {
      return {fmt::format("report reads files: state copy {} FILE makes one of that state", place)};
    }
  }
  if (o.alive && (o.output != report_format::text || o.output_file)) {
    return {"--alive tells a line of text: leave --output and --output-file out"};
  }
  return {};
}

}  // namespace ddm::cli
