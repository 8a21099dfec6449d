// repair: makes the target equal to the source where mismatches are open, and undoes that.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// Returns the exit code.
[[nodiscard]] int run_repair(const repair_options& options, const aws::environment& variables);

}  // namespace ddm::cli
