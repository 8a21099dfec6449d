// From the command line to a command, and from its end to an exit code.
#include "aws/environment.h"
#include "base/displayable.h"
#include "cli/compare_command.h"
#include "cli/datadel_command.h"
#include "cli/datagen_command.h"
#include "cli/fleet_command.h"
#include "cli/monitor_command.h"
#include "cli/options.h"
#include "cli/plan_command.h"
#include "cli/repair_command.h"
#include "cli/report_command.h"
#include "cli/standard_output.h"
#include "cli/state_command.h"
#include "report/exit_code.h"
#include "runtime/core_dumps.h"
#include "runtime/freed_memory.h"

#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace ddm;

int run(const cli::text_to_print& asked, const aws::environment&) {
  return cli::print_text(asked.text, "the help") ? asked.exit_code
                                                 : static_cast<int>(report::exit_code::failed);
}
int run(const cli::monitor_options& options, const aws::environment& variables) {
  return cli::run_monitor(options, variables);
}
template <class Options>
int run(const cli::fleet_of<Options>& fleet, const aws::environment& variables) {
  return cli::run_fleet(fleet, variables);
}
int run(const cli::compare_options& options, const aws::environment& variables) {
  return cli::run_compare(options, variables);
}
int run(const cli::plan_options& options, const aws::environment& variables) {
  return cli::run_plan(options, variables);
}
int run(const cli::fleet_of<cli::plan_options>& fleet, const aws::environment& variables) {
  return cli::run_plan(fleet, variables);
}
int run(const cli::repair_options& options, const aws::environment& variables) {
  return cli::run_repair(options, variables);
}
int run(const cli::report_options& options, const aws::environment&) {
  return cli::run_report(options);
}
int run(const cli::state_options& options, const aws::environment& variables) {
  return cli::run_state(options, variables);
}
int run(const cli::datagen_options& options, const aws::environment& variables) {
  return cli::run_datagen(options, variables);
}
int run(const cli::datadel_options& options, const aws::environment& variables) {
  return cli::run_datadel(options, variables);
}

bool wants_core_dumps(const auto& options) {
  if constexpr (requires { options.allow_core_dumps; }) {
    return options.allow_core_dumps;
  } else if constexpr (requires { options.common; }) {
    return options.common.allow_core_dumps;
  } else {
    return false;
  }
}

/// A standard stream that the caller closed would be the next file or socket that we open, and what
/// we print would go there.
void occupy_closed_streams() {
  int descriptor = 0;
  do {
    descriptor = ::open("/dev/null", O_RDWR);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  ::close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  keep_freed_memory();
  occupy_closed_streams();
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto variables = aws::environment::of_process();
    const auto parsed = cli::parse_command_line(arguments, variables, cli::read_text_file);
    if (!parsed) {
      std::fputs(displayable(parsed.error().text(), line_breaks::kept).c_str(), stderr);
      return cli::exit_code_of_wrong_usage;
    }
    return std::visit(
        [&](const auto& options) {
          if (wants_core_dumps(options)) {
            allow_core_dumps();
          }
          return run(options, variables);
        },
        *parsed);
  } catch (const std::exception& failure) {
    cli::complain(failure.what());
    return static_cast<int>(report::exit_code::failed);
  }
}
