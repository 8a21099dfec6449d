#include "stream/read_pace.h"

#include <algorithm>
#include <cmath>

namespace ddm::stream {

milliseconds idle_interval(std::size_t open_shards) {
  const auto needed =
      milliseconds{static_cast<std::int64_t>(open_shards * 1000 / idle_calls_per_second_max)};
  return std::max(idle_interval_min, needed);
}

milliseconds current_within(std::size_t open_shards) {
  return std::max(milliseconds{10'000}, 3 * idle_interval(open_shards));
}

milliseconds failure_pause(int failures, double random) {
  const double ceiling_ms = std::min(30'000.0, 1000.0 * std::pow(2, std::min(failures, 16) - 1));
  return milliseconds{static_cast<std::int64_t>(ceiling_ms * (0.5 + random / 2))};
}

}  // namespace ddm::stream
