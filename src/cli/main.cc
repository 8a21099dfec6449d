// From the command line to a command, and from its end to an exit code.
#include "aws/environment.h"
#include "cli/datadel_command.h"
#include "cli/datagen_command.h"
#include "cli/monitor_command.h"
#include "cli/options.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace ddm;

int run(const cli::text_to_print& asked, const aws::environment&) {
  fmt::print("{}", asked.text);
  return asked.exit_code;
}
int run(const cli::monitor_options& options, const aws::environment& variables) {
  return cli::run_monitor(options, variables);
}
int run(const cli::datagen_options& options, const aws::environment& variables) {
  return cli::run_datagen(options, variables);
}
int run(const cli::datadel_options& options, const aws::environment& variables) {
  return cli::run_datadel(options, variables);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto variables = aws::environment::of_process();
    const auto parsed = cli::parse_command_line(arguments, variables, cli::read_text_file);
    if (!parsed) {
      fmt::print(stderr, "{}", parsed.error().text());
      return cli::exit_code_of_wrong_usage;
    }
    return std::visit([&](const auto& options) { return run(options, variables); }, *parsed);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "error: {}\n", failure.what());
    return cli::exit_code_of_wrong_usage;
  }
}
