// `compare`: from options to an exit code.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/run_teller.h"

#include <string>

namespace ddm::cli {

/// One run, from its examination to its end; the exit code. All outlive it.
[[nodiscard]] awaitable<int> compare_migration(process& host, const compare_options& options,
                                               run_teller& teller);

/// Runs until both tables are compared or a signal; prints, and returns the exit code.
[[nodiscard]] int run_compare(const compare_options& options, const aws::environment& variables);
/// The same as one of several of a process.
[[nodiscard]] migration_command as_command(std::string migration, compare_options options);

}  // namespace ddm::cli
