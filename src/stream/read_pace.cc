#include "stream/read_pace.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace ddm::stream {

milliseconds idle_interval(std::size_t open_shards) {
  const auto needed =
      milliseconds{static_cast<std::int64_t>(open_shards * 1000 / idle_calls_per_second_max)};
  return std::max(idle_interval_min, needed);
}

wall_time next_idle_read(wall_time asked, milliseconds interval, std::string_view shard) {
  const auto beat = static_cast<std::int64_t>(std::hash<std::string_view>{}(shard) %
                                              static_cast<std::uint64_t>(interval.count()));
  const auto earliest = to_ms(asked) + interval.count() / 2;
  const auto late = (earliest - beat) % interval.count();
  return from_ms(late == 0 ? earliest : earliest - late + interval.count());
}

milliseconds current_within(std::size_t open_shards) {
  return std::max(milliseconds{10'000}, 3 * idle_interval(open_shards));
}

milliseconds failure_pause(int failures, double random) {
  const double ceiling_ms = std::min(30'000.0, 1000.0 * std::pow(2, std::min(failures, 16) - 1));
  return milliseconds{static_cast<std::int64_t>(ceiling_ms * (0.5 + random / 2))};
}

}  // namespace ddm::stream
