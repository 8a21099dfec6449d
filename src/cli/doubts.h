// Settings that are allowed and yet cannot do what they seem to be for.
//
// Pure. They are told, not refused: a state may hold what makes them sensible later, and command
// lines of the predecessor must go on working.
#pragma once

#include "cli/options.h"

#include <string>
#include <vector>

namespace ddm::cli {

/// One sentence each. `comparison_counts`: the state holds a finished comparison that a verdict may
/// stand on.
[[nodiscard]] std::vector<std::string> doubts_about(const monitor_options& options,
                                                    bool comparison_counts);

}  // namespace ddm::cli
