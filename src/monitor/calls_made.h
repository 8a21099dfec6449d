// What a client was made to ask, as a status tells it.
#pragma once

#include "aws/call_statistics.h"
#include "report/status.h"

#include <cstdint>

namespace ddm::monitor {

/// `pauses`: outages of the service that were waited out, or are.
[[nodiscard]] report::call_counts calls_made(const aws::operation_statistics& by_operation,
                                             std::uint64_t pauses);

}  // namespace ddm::monitor
