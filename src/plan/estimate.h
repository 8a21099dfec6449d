// What watching and comparing will cost, before anything is read.
//
// The formulas are the service's (a scan costs its bytes in units of 4 KB, halved when eventually
// consistent; a look-up rounds each item up); the sizes are those of DescribeTable, up to six hours
// old.
#pragma once

#include "base/time.h"

#include <cstdint>

namespace ddm::plan {

struct table_size {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};

struct compare_estimate {
  double source_units = 0;
  double target_units = 0;
  /// The same by looking up every key of the source in the target.
  double look_up_units = 0;
  milliseconds duration{0};  ///< at the read budget; 0: no bound was given
  double usd = 0;
};

/// `units_per_second` a side; infinity: no bound.
[[nodiscard]] compare_estimate estimate_compare(table_size source, table_size target,
                                                double source_units_per_second,
                                                double target_units_per_second);

/// Of one side, where so many items are judged by a strong read each.
[[nodiscard]] double judging_units(table_size size, std::uint64_t items);

struct monitor_estimate {
  /// Read units for a million changes of the source, at the sample rate.
  double source_units_per_million = 0;
  double target_units_per_million = 0;
  double usd_per_million = 0;
  /// GetRecords calls of idle polling.
  double stream_calls_per_day = 0;
  double stream_usd_per_day = 0;
};

/// `images_are_missing`: the view type has no new image, so that each check reads the stream's
/// table too.
[[nodiscard]] monitor_estimate estimate_monitor(table_size source, std::size_t open_shards,
                                                std::uint64_t sample_rate, bool images_are_missing);

/// What a migration lasts from the export to the cutover, or longer.
inline constexpr int forecast_days = 21;

/// Of so many days in which the stream is watched, and all items compared once.
struct forecast {
  double usd_least = 0;  ///< no shard has anything to read
  double usd_most = 0;   ///< every shard has, at any time
  /// Beside that, of the checks.
  double usd_per_100_changes_a_second = 0;
};

[[nodiscard]] forecast forecast_costs(const compare_estimate& comparing,
                                      const monitor_estimate& monitoring, std::size_t open_shards);

}  // namespace ddm::plan
