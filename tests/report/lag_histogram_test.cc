#include "report/lag_histogram.h"

#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;

TEST(lag_histogram, has_no_percentiles_without_lags) {
  EXPECT_FALSE(lag_histogram().percentile(0.5));
  EXPECT_EQ(lag_histogram().count(), 0);
}

TEST(lag_histogram, finds_percentiles_within_four_percent) {
  lag_histogram lags;
  for (int ms = 1; ms <= 10'000; ++ms) {
    lags.add(milliseconds{ms}, ms % 4 == 0);
  }
  EXPECT_EQ(lags.count(), 10'000);
  EXPECT_EQ(lags.bounds(), 2'500);
  EXPECT_EQ(lags.max(), 10s);
  for (const auto& [share, exact] : {std::pair{0.5, 5000.0}, {0.95, 9500.0}, {0.99, 9900.0}}) {
    const auto found = static_cast<double>(lags.percentile(share)->count());
    EXPECT_GE(found, exact);
    EXPECT_LE(found, exact * 1.04 + 1);
  }
  EXPECT_EQ(lags.percentile(1.0), 10s);
}

TEST(lag_histogram, never_reports_more_than_the_longest_lag) {
  lag_histogram lags;
  lags.add(1234ms, false);
  EXPECT_EQ(lags.percentile(0.5), 1234ms);
  EXPECT_EQ(lags.percentile(0.99), 1234ms);
}

TEST(lag_histogram, takes_lags_from_nothing_to_weeks) {
  lag_histogram lags;
  lags.add(0ms, true);
  EXPECT_EQ(lags.percentile(0.5), 0ms);
  lags.add(std::chrono::hours{24 * 30}, false);
  EXPECT_EQ(lags.max(), std::chrono::hours{24 * 30});
  EXPECT_TRUE(lags.percentile(1.0));
}

TEST(lag_histogram, counts_what_is_within_a_limit_and_never_a_lag_that_is_longer) {
  lag_histogram lags;
  for (int ms = 1; ms <= 10'000; ++ms) {
    lags.add(milliseconds{ms}, false);
  }
  std::uint64_t before = 0;
  for (const int limit : {0, 1, 10, 100, 999, 5000, 9999}) {
    const auto within = lags.at_most(milliseconds{limit});
    EXPECT_LE(within, static_cast<std::uint64_t>(limit));
    EXPECT_GE(static_cast<double>(within), limit / 1.04 - 1);
    EXPECT_GE(within, before);
    before = within;
  }
  EXPECT_EQ(lags.at_most(10s), 10'000U);
  EXPECT_EQ(lag_histogram{}.at_most(1s), 0U);
}

TEST(lag_histogram, all_are_within_the_longest) {
  lag_histogram lags;
  lags.add(1s, false);
  EXPECT_EQ(lags.at_most(1s), 1U);
  EXPECT_EQ(lags.at_most(999ms), 0U);
  lags.add(std::chrono::hours{24 * 30}, false);
  EXPECT_EQ(lags.at_most(std::chrono::hours{24}), 1U);
  EXPECT_EQ(lags.at_most(std::chrono::hours{24 * 30}), 2U);
}

TEST(lag_histogram, adds_up_within_two_percent) {
  lag_histogram lags;
  double exact = 0;
  for (int ms = 1; ms <= 10'000; ms += 3) {
    const auto before = lags.sum();
    lags.add(milliseconds{ms}, false);
    exact += ms / 1000.0;
    EXPECT_GE(lags.sum(), before);
  }
  EXPECT_NEAR(lags.sum().count(), exact, exact * 0.02);
  EXPECT_EQ(lag_histogram{}.sum().count(), 0);
  lag_histogram none;
  none.add(0ms, true);
  EXPECT_EQ(none.sum().count(), 0);
}

TEST(lag_histogram, goes_on_after_a_restart) {
  lag_histogram first;
  for (int ms = 1; ms < 100'000; ms += 7) {
    first.add(milliseconds{ms}, ms % 3 == 0);
  }
  lag_histogram second;
  ASSERT_TRUE(second.restore(first.save()));
  EXPECT_EQ(second.count(), first.count());
  EXPECT_EQ(second.bounds(), first.bounds());
  EXPECT_EQ(second.max(), first.max());
  for (const double share : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    EXPECT_EQ(second.percentile(share), first.percentile(share));
  }
}

TEST(lag_histogram, takes_no_text_that_is_not_its_own) {
  lag_histogram lags;
  lags.add(5ms, false);
  for (const auto* text :
       {"", "x", "2 0 0", "1 0", "1 0 5 512 1", "1 0 5 3 1 rubbish", "1 0 5 3", "1 0 5 3 1 3 1"}) {
    EXPECT_FALSE(lags.restore(text)) << text;
  }
  EXPECT_EQ(lags.count(), 1);
}

}  // namespace
}  // namespace ddm::report
