// plan: everything that can be known of a migration before its items are read.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// Returns the exit code.
[[nodiscard]] int run_plan(const plan_options& options, const aws::environment& variables);

}  // namespace ddm::cli
