#include "stream/read_pace.h"

#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;

TEST(read_pace, idle_shards_are_asked_each_second_up_to_a_hundred_of_them) {
  EXPECT_EQ(idle_interval(0), 1s);
  EXPECT_EQ(idle_interval(1), 1s);
  EXPECT_EQ(idle_interval(100), 1s);
}

double calls_per_second(std::size_t shards, milliseconds interval) {
  return static_cast<double>(shards) * 1000 / static_cast<double>(interval.count());
}

TEST(read_pace, idle_polling_in_all_stays_within_a_hundred_calls_a_second_up_to_2000_shards) {
  for (std::size_t shards = 1; shards <= 2000; ++shards) {
    ASSERT_LE(calls_per_second(shards, idle_interval(shards)), 100.0) << shards << " shards";
  }
}

TEST(read_pace, asks_each_shard_at_least_every_20_seconds) {
  EXPECT_EQ(idle_interval(2000), 20s);
  EXPECT_EQ(idle_interval(5000), 20s) << "250 calls a second";
  for (const auto interval : {1s, 3s, 10s, 14s, 20s}) {
    for (int i = 0; i < 1000; ++i) {
      const wall_time asked{milliseconds{1'000'000 + 37 * i}};
      const auto next = next_idle_read(asked, interval, "shardId-" + std::to_string(i % 17));
      ASSERT_GT(next, asked);
      ASSERT_LE(next - asked, 20s);
      ASSERT_EQ(next_idle_read(next, interval, "shardId-" + std::to_string(i % 17)) - next,
                interval);
    }
  }
}

TEST(read_pace, shards_not_known_to_be_read_to_their_end_are_asked_about_each_second) {
  EXPECT_EQ(settling_interval(1), 1s);
  EXPECT_EQ(settling_interval(1000), 1s);
  EXPECT_EQ(settling_interval(5000), 5s);
  EXPECT_EQ(settling_interval(20'000), 5s);
}

TEST(read_pace, idle_shards_begun_together_are_soon_spread_over_the_interval) {
  const wall_time begun{1'000'123ms};
  std::vector<int> in_tenth(10);
  for (int i = 0; i < 1000; ++i) {
    const auto shard = "shardId-0000000172345678901" + std::to_string(i);
    const auto first = next_idle_read(begun, 10s, shard);
    EXPECT_GE(first - begun, 5s);
    EXPECT_LE(first - begun, 15s);
    EXPECT_EQ(next_idle_read(first + 7ms, 10s, shard) - first, 10s) << "and keep their own beat";
    ++in_tenth.at(static_cast<std::size_t>((first - begun - 5s) / 1s % 10));
  }
  for (const auto shards : in_tenth) {
    EXPECT_NEAR(shards, 100, 40);
  }
}

TEST(read_pace, pauses_after_failures_double_from_one_second_to_thirty) {
  EXPECT_EQ(failure_pause(1, 0), 500ms);
  EXPECT_GE(failure_pause(1, 0.999), 999ms);
  EXPECT_EQ(failure_pause(3, 0), 2s);
  EXPECT_EQ(failure_pause(6, 0), 15s);
  EXPECT_EQ(failure_pause(1'000'000, 0), 15s);
  EXPECT_LE(failure_pause(1'000'000, 0.999), 30s);
}

TEST(read_pace, thousands_of_idle_shards_are_current_although_they_are_asked_seldom) {
  EXPECT_EQ(current_within(1), 10s);
  EXPECT_GT(current_within(5000), idle_interval(5000) + 2s);
}

}  // namespace
}  // namespace ddm::stream
