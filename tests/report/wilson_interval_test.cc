#include "report/wilson_interval.h"

#include <gtest/gtest.h>

namespace ddm::report {
namespace {

void expect_interval(std::uint64_t checked, std::uint64_t failed, double low, double high) {
  const auto interval = wilson_interval(checked, failed);
  EXPECT_DOUBLE_EQ(interval.value, 1 - static_cast<double>(failed) / static_cast<double>(checked));
  EXPECT_NEAR(interval.low, low, 5e-5) << failed << " of " << checked;
  EXPECT_NEAR(interval.high, high, 5e-5) << failed << " of " << checked;
}

// Published for 81 of 263 and others in R. G. Newcombe, "Two-sided confidence intervals for the
// single proportion" (1998), table I, method 3.
TEST(wilson_interval, agrees_with_published_values) {
  expect_interval(263, 263 - 81, 0.2553, 0.3662);
  expect_interval(148, 148 - 15, 0.0624, 0.1605);
  expect_interval(20, 20, 0.0, 0.1611);
  expect_interval(29, 28, 0.0061, 0.1718);
}

TEST(wilson_interval, has_exact_ends) {
  EXPECT_EQ(wilson_interval(7, 0).high, 1.0);
  EXPECT_EQ(wilson_interval(7, 7).low, 0.0);
  for (const std::uint64_t checked : {1ULL, 3ULL, 1'000'000'007ULL}) {
    EXPECT_EQ(wilson_interval(checked, 0).value, 1.0);
    EXPECT_EQ(wilson_interval(checked, 0).high, 1.0);
    EXPECT_LT(wilson_interval(checked, 0).low, 1.0);
  }
}

TEST(wilson_interval, contains_its_value_and_shrinks_with_the_sample) {
  double width = 2;
  for (std::uint64_t checked = 10; checked < 100'000'000; checked *= 10) {
    const auto interval = wilson_interval(checked, checked / 10);
    EXPECT_LE(interval.low, interval.value);
    EXPECT_GE(interval.high, interval.value);
    EXPECT_LT(interval.high - interval.low, width);
    width = interval.high - interval.low;
  }
}

}  // namespace
}  // namespace ddm::report
