// `monitor`: from options to an exit code.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// Runs until the end that the options ask for or a signal; prints, and returns the exit code.
[[nodiscard]] int run_monitor(const monitor_options& options, const aws::environment& variables);

}  // namespace ddm::cli
