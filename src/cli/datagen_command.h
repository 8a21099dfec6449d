// `datagen`: test items for watching a replication at work, with their keys noted for `datadel`.
#pragma once

#include "aws/environment.h"
#include "cli/options.h"

namespace ddm::cli {

/// The exit code.
[[nodiscard]] int run_datagen(const datagen_options& options, const aws::environment& variables);

}  // namespace ddm::cli
