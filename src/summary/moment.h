// Times as people read them.
#pragma once

#include "base/time.h"

#include <string>

namespace ddm::summary {

/// "2026-01-31 23:59:58 UTC".
[[nodiscard]] std::string moment(wall_time at);

}  // namespace ddm::summary
