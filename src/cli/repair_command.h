// repair: makes the target equal to the source where mismatches are open, and undoes that.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"
#include "cli/process.h"

#include <string>

namespace ddm::cli {

/// Returns the exit code.
[[nodiscard]] int run_repair(const repair_options& options, const aws::environment& variables);
/// The same as one of several of a process.
[[nodiscard]] migration_command as_command(std::string migration, repair_options options);

}  // namespace ddm::cli
