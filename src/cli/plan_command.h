// plan: everything that can be known of migrations before their items are read.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// Of one migration, or of all tables that fit; the exit code.
[[nodiscard]] int run_plan(const plan_options& options, const aws::environment& variables);
/// A row for each.
[[nodiscard]] int run_plan(const fleet_of<plan_options>& fleet, const aws::environment& variables);

}  // namespace ddm::cli
