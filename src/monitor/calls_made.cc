#include "monitor/calls_made.h"

namespace ddm::monitor {

report::call_counts calls_made(const aws::operation_statistics& by_operation,
                               std::uint64_t pauses) {
  report::call_counts made{.pauses = pauses};
  made.operations.reserve(by_operation.size());
  for (const auto& [operation, counts] : by_operation) {
    made.operations.push_back({.operation = operation,
                               .calls = counts.calls,
                               .retries = counts.retries,
                               .throttled = counts.throttled});
  }
  return made;
}

}  // namespace ddm::monitor
