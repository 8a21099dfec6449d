#include "plan/estimate.h"

#include <gtest/gtest.h>

#include <limits>

namespace ddm::plan {
namespace {

using namespace std::chrono_literals;

constexpr table_size small_items{.items = 30'000'000, .bytes = 6'000'000'000};  // 200 B each

TEST(estimate, a_scan_costs_its_bytes_and_a_look_up_its_items) {
  const auto cost = estimate_compare(small_items, small_items, 3000, 3000);
  EXPECT_NEAR(cost.source_units, 6e9 / 4096 / 2, 1);
  EXPECT_NEAR(cost.look_up_units, cost.source_units + 15e6, 1);
  EXPECT_NEAR(cost.usd, 2 * 6e9 / 4096 / 2 * 0.125e-6, 0.001);
  EXPECT_NEAR(static_cast<double>(cost.duration.count()), 6e9 / 4096 / 2 / 3, 1000);
}

TEST(estimate, the_slower_side_sets_the_pace) {
  EXPECT_GT(estimate_compare(small_items, small_items, 3000, 30).duration,
            estimate_compare(small_items, small_items, 3000, 3000).duration);
  const double no_bound = std::numeric_limits<double>::infinity();
  EXPECT_EQ(estimate_compare(small_items, small_items, no_bound, no_bound).duration, 0ms);
}

TEST(estimate, of_empty_tables_is_nothing) {
  const auto cost = estimate_compare({}, {}, 3000, 3000);
  EXPECT_EQ(cost.source_units + cost.target_units + cost.look_up_units, 0);
}

TEST(estimate, monitoring_pays_for_the_sample_only) {
  const auto all = estimate_monitor(small_items, 1, 1, false);
  const auto some = estimate_monitor(small_items, 1, 100, false);
  EXPECT_NEAR(all.target_units_per_million, 500'000, 1);
  EXPECT_NEAR(some.target_units_per_million, 5'000, 1);
  EXPECT_EQ(some.source_units_per_million, 0);
  EXPECT_NEAR(estimate_monitor(small_items, 1, 100, true).source_units_per_million, 10'000, 1);
}

TEST(estimate, idle_polling_is_bounded_but_asks_each_shard_every_20_seconds) {
  EXPECT_NEAR(estimate_monitor(small_items, 4, 1, false).stream_calls_per_day, 4 * 86'400, 1);
  EXPECT_NEAR(estimate_monitor(small_items, 2000, 1, false).stream_calls_per_day, 100 * 86'400, 1);
  EXPECT_NEAR(estimate_monitor(small_items, 5000, 1, false).stream_calls_per_day, 250 * 86'400, 1);
}

TEST(estimate, three_weeks_are_a_comparison_and_the_reading_of_the_stream) {
  const auto comparing = estimate_compare(small_items, small_items, 3000, 3000);
  const auto monitoring = estimate_monitor(small_items, 4, 100, false);
  const auto costs = forecast_costs(comparing, monitoring, 4);
  const double calls_idle = 21 * 4 * 86'400.0;
  EXPECT_NEAR(costs.usd_least, comparing.usd + calls_idle * 0.02 / 1e5, 1e-6);
  EXPECT_NEAR(costs.usd_most, comparing.usd + 4 * calls_idle * 0.02 / 1e5, 1e-6);
  // 181.44 million changes, of which one in a hundred is looked up for half a unit.
  EXPECT_NEAR(costs.usd_per_100_changes_a_second, 1'814'400 * 0.5 * 0.125e-6, 1e-6);
}

}  // namespace
}  // namespace ddm::plan
