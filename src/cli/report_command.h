// report: how a migration stands, from its state alone: also while a monitor works on it.
#pragma once

#include "cli/options.h"

namespace ddm::cli {

/// Returns the exit code.
[[nodiscard]] int run_report(const report_options& options);

}  // namespace ddm::cli
