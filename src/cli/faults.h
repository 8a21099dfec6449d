// Why a run is refused before it began, or at its end: all of it, and the exit code.
#pragma once

#include "base/error.h"

#include <vector>

namespace ddm::cli {

/// All that was found; told at once.
using fault_list = std::vector<error>;

/// Complains of each fault once; the exit code that all of them make.
[[nodiscard]] int refuse(const fault_list& faults);
[[nodiscard]] int refuse(const error& fault);

}  // namespace ddm::cli
