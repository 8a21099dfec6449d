#include "plan/estimate.h"

#include "report/prices.h"
#include "stream/read_pace.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ddm::plan {
namespace {

using report::usd_per_read_unit;
using report::usd_per_stream_call;

constexpr double bytes_per_unit = 4096;
constexpr double eventually_consistent = 0.5;
constexpr double million = 1e6;
constexpr double seconds_per_day = 86'400;

double scan_units(table_size size) {
  return std::ceil(static_cast<double>(size.bytes) / bytes_per_unit) * eventually_consistent;
}

/// One item of average size.
double strong_units_per_item(table_size size) {
  const double average =
      size.items == 0 ? 0 : static_cast<double>(size.bytes) / static_cast<double>(size.items);
  return std::max(1.0, std::ceil(average / bytes_per_unit));
}

double seconds_for(double units, double per_second) {
  return std::isinf(per_second) ? 0 : units / per_second;
}

}  // namespace

compare_estimate estimate_compare(table_size source, table_size target,
                                  double source_units_per_second, double target_units_per_second) {
  compare_estimate estimate{.source_units = scan_units(source), .target_units = scan_units(target)};
  estimate.look_up_units = estimate.source_units + static_cast<double>(source.items) *
                                                       strong_units_per_item(source) *
                                                       eventually_consistent;
  // Both sides are read at the same time, and the slower one sets the pace.
  const double seconds = std::max(seconds_for(estimate.source_units, source_units_per_second),
                                  seconds_for(estimate.target_units, target_units_per_second));
  estimate.duration = milliseconds{std::llround(seconds * 1000)};
  estimate.usd = (estimate.source_units + estimate.target_units) * usd_per_read_unit;
  return estimate;
}

double judging_units(table_size size, std::uint64_t items) {
  return static_cast<double>(items) * strong_units_per_item(size);
}

monitor_estimate estimate_monitor(table_size source, std::size_t open_shards,
                                  std::uint64_t sample_rate, bool images_are_missing) {
  const double checks = million / static_cast<double>(std::max<std::uint64_t>(1, sample_rate));
  const double strong = strong_units_per_item(source);
  monitor_estimate estimate;
  estimate.target_units_per_million = checks * strong * eventually_consistent;
  estimate.source_units_per_million = images_are_missing ? checks * strong : 0;
  estimate.usd_per_million =
      (estimate.target_units_per_million + estimate.source_units_per_million) * usd_per_read_unit;
  const double interval = std::chrono::duration<double>(stream::idle_interval(open_shards)).count();
  estimate.stream_calls_per_day = static_cast<double>(open_shards) * seconds_per_day / interval;
  estimate.stream_usd_per_day = estimate.stream_calls_per_day * usd_per_stream_call;
  return estimate;
}

forecast forecast_costs(const compare_estimate& comparing, const monitor_estimate& monitoring,
                        std::size_t open_shards) {
  constexpr double seconds = forecast_days * seconds_per_day;
  const double busy = std::chrono::duration<double>(stream::busy_interval).count();
  const double calls_most = static_cast<double>(open_shards) * seconds / busy;
  return {.usd_least = comparing.usd + forecast_days * monitoring.stream_usd_per_day,
          .usd_most = comparing.usd + calls_most * usd_per_stream_call,
          .usd_per_100_changes_a_second = 100 * seconds / million * monitoring.usd_per_million};
}

}  // namespace ddm::plan
