// `datadel`: takes the items away again whose keys `datagen` noted.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// The exit code.
[[nodiscard]] int run_datadel(const datadel_options& options, const aws::environment& variables);

}  // namespace ddm::cli
