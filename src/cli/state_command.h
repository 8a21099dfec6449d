// `state`: the table that states lie in, and what is done with them there.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// The exit code.
[[nodiscard]] int run_state(const state_options& options, const aws::environment& variables);

}  // namespace ddm::cli
