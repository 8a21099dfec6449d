// `monitor`: from options to an exit code.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/run_teller.h"

#include <string>

namespace ddm::cli {

/// One run, from its examination to its end; the exit code. All outlive it.
[[nodiscard]] awaitable<int> monitor_migration(process& host, const monitor_options& options,
                                               run_teller& teller);

/// Runs until the end that the options ask for or a signal; prints, and returns the exit code.
[[nodiscard]] int run_monitor(const monitor_options& options, const aws::environment& variables);
/// The same as one of several of a process.
[[nodiscard]] migration_command as_command(std::string migration, monitor_options options);

}  // namespace ddm::cli
