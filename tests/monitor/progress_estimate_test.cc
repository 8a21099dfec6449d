#include "monitor/progress_estimate.h"

#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;

constexpr wall_time begin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

TEST(progress_estimate, says_nothing_while_replication_is_not_behind) {
  progress_estimate progress;
  progress.observe(std::nullopt, begin);
  EXPECT_FALSE(progress.estimate());
}

TEST(progress_estimate, predicts_the_end_from_the_pace_of_the_front) {
  progress_estimate progress;
  // Each second replication carries three seconds' worth of changes: it gains two.
  for (int second = 0; second <= 60; ++second) {
    progress.observe(begin - 20min + second * 3s, begin + second * 1s);
  }
  const auto estimate = progress.estimate();
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->late, 18min);
  EXPECT_EQ(estimate->remaining, 9min);
}

TEST(progress_estimate, promises_no_end_when_it_does_not_gain) {
  progress_estimate progress;
  for (int second = 0; second <= 60; ++second) {
    progress.observe(begin - 20min, begin + second * 1s);
  }
  EXPECT_EQ(progress.estimate()->late, 21min);
  EXPECT_FALSE(progress.estimate()->remaining);
}

}  // namespace
}  // namespace ddm::monitor
