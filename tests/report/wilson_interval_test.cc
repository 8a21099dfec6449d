#include "report/wilson_interval.h"

#include <gtest/gtest.h>

namespace ddm::report {
namespace {

TEST(wilson_interval, agrees_with_published_values) {
  // Newcombe (1998), "Two-sided confidence intervals for the single proportion", method 3:
  // 81 of 263: 0.2553 to 0.3662; 15 of 148: 0.0624 to 0.1605; 0 of 20: 0 to 0.1611.
  auto interval = wilson_interval(263, 263 - 81);
  EXPECT_NEAR(interval.low, 0.2553, 5e-5);
  EXPECT_NEAR(interval.high, 0.3662, 5e-5);
  interval = wilson_interval(148, 148 - 15);
  EXPECT_NEAR(interval.low, 0.0624, 5e-5);
  EXPECT_NEAR(interval.high, 0.1605, 5e-5);
  interval = wilson_interval(20, 20);
  EXPECT_EQ(interval.low, 0.0);
  EXPECT_NEAR(interval.high, 0.1611, 5e-5);
}

TEST(wilson_interval, without_failures_ends_at_exactly_one) {
  const auto interval = wilson_interval(300'000, 0);
  EXPECT_EQ(interval.value, 1.0);
  EXPECT_EQ(interval.high, 1.0);
  EXPECT_NEAR(1 - interval.low, 0.0000128, 1e-7) << "the figure in the README";
}

}  // namespace
}  // namespace ddm::report
