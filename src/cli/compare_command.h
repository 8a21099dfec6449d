// `compare`: from options to an exit code.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// Runs until both tables are compared or a signal; prints, and returns the exit code.
[[nodiscard]] int run_compare(const compare_options& options, const aws::environment& variables);

}  // namespace ddm::cli
