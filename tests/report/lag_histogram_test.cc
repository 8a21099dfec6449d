#include "report/lag_histogram.h"

#include <gtest/gtest.h>

namespace ddm::report {
namespace {

TEST(lag_histogram, percentiles_are_within_its_bucket_width) {
  lag_histogram lags;
  for (int ms = 1; ms <= 10'000; ++ms) {
    lags.add(milliseconds{ms}, false);
  }
  EXPECT_NEAR(static_cast<double>(lags.percentile(0.5)->count()), 5000, 5000 * 0.04);
  EXPECT_NEAR(static_cast<double>(lags.percentile(0.95)->count()), 9500, 9500 * 0.04);
  EXPECT_EQ(lags.max(), milliseconds{10'000});
  EXPECT_LE(*lags.percentile(1.0), lags.max());
}

TEST(lag_histogram, has_no_percentile_when_empty) { EXPECT_FALSE(lag_histogram().percentile(0.5)); }

TEST(lag_histogram, holds_zero_and_days) {
  lag_histogram lags;
  lags.add(milliseconds{0}, true);
  lags.add(std::chrono::hours{24 * 40}, false);
  EXPECT_EQ(lags.count(), 2U);
  EXPECT_EQ(lags.bounds(), 1U);
  EXPECT_LE(lags.percentile(0.5)->count(), 1);
}

TEST(lag_histogram, comes_back_from_its_text) {
  lag_histogram lags;
  lags.add(milliseconds{1500}, true);
  lags.add(milliseconds{70}, false);
  lag_histogram restored;
  ASSERT_TRUE(restored.restore(lags.save()));
  EXPECT_EQ(restored.count(), 2U);
  EXPECT_EQ(restored.bounds(), 1U);
  EXPECT_EQ(restored.max(), lags.max());
  EXPECT_EQ(restored.percentile(0.5), lags.percentile(0.5));
  EXPECT_FALSE(restored.restore(""));
  EXPECT_FALSE(restored.restore("1 0 0 9999 3"));
}

}  // namespace
}  // namespace ddm::report
