#include "stream/read_pace.h"

#include "runtime/outage_pause.h"

#include <algorithm>
#include <functional>

namespace ddm::stream {

namespace {

constexpr milliseconds failure_pause_first{1'000};

/// Of one shard, so that all together make this many calls.
milliseconds interval_for(std::size_t open_shards, std::size_t calls_per_second) {
  return milliseconds{static_cast<std::int64_t>(open_shards * 1000 / calls_per_second)};
}

}  // namespace

milliseconds idle_interval(std::size_t open_shards) {
  return std::clamp(interval_for(open_shards, idle_calls_per_second_max), idle_interval_min,
                    idle_interval_max);
}

milliseconds settling_interval(std::size_t open_shards) {
  return std::clamp(interval_for(open_shards, settling_calls_per_second_max), idle_interval_min,
                    settling_interval_max);
}

wall_time next_idle_read(wall_time asked, milliseconds interval, std::string_view shard) {
  const auto beat = static_cast<std::int64_t>(std::hash<std::string_view>{}(shard) %
                                              static_cast<std::uint64_t>(interval.count()));
  const auto pause =
      std::clamp(idle_interval_max - interval, milliseconds{1}, interval / 2).count();
  const auto earliest = to_ms(asked) + pause;
  const auto late = (earliest - beat) % interval.count();
  return from_ms(late == 0 ? earliest : earliest - late + interval.count());
}

milliseconds current_within(std::size_t open_shards) {
  return std::max(milliseconds{10'000}, 3 * idle_interval(open_shards));
}

milliseconds failure_pause(int failures, double random) {
  const auto ceiling = static_cast<double>(outage_pause(failure_pause_first, failures).count());
  return milliseconds{static_cast<std::int64_t>(ceiling * (0.5 + random / 2))};
}

}  // namespace ddm::stream
