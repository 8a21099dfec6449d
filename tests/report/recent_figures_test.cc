#include "report/recent_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

status at(milliseconds since_begin, std::int64_t events = 0) {
  status now;
  now.at = from_ms(1'767'225'600'000) + since_begin;
  now.events.unique = events;
  return now;
}

TEST(recent_figures, know_no_rate_from_one_moment) {
  recent_figures recent;
  EXPECT_FALSE(recent.events_per_second());
  recent.note(at(0s, 7));
  recent.note(at(0s, 7));
  EXPECT_FALSE(recent.events_per_second());
}

TEST(recent_figures, tell_the_rate_of_the_last_ten_seconds) {
  recent_figures recent;
  for (int second = 0; second <= 60; ++second) {
    recent.note(at(std::chrono::seconds(second), second <= 50 ? 0 : (second - 50) * 5));
  }
  EXPECT_DOUBLE_EQ(*recent.events_per_second(), 5);
}

TEST(recent_figures, begin_anew_where_the_clock_was_set_back) {
  recent_figures recent;
  recent.note(at(10s, 5));
  recent.note(at(11s, 50));
  recent.note(at(2s, 60));
  EXPECT_FALSE(recent.events_per_second());
  recent.note(at(4s, 70));
  EXPECT_DOUBLE_EQ(*recent.events_per_second(), 5);
}

TEST(recent_figures, keep_a_bounded_number_of_points) {
  recent_figures recent;
  for (int second = 0; second < 1000; ++second) {
    recent.note(at(std::chrono::seconds(second)));
  }
  EXPECT_THAT(recent.lags(), SizeIs(recent_figures::points_max));
}

TEST(recent_figures, tell_the_lags_of_each_five_seconds_alone) {
  recent_figures recent;
  auto now = at(0s);
  now.lag.add(30s, false);
  recent.note(now);
  now.at += 5s;
  recent.note(now);
  now.lag.add(1s, false);
  now.at += 5s;
  recent.note(now);
  ASSERT_THAT(recent.lags(), SizeIs(2));
  EXPECT_FALSE(recent.lags()[0]) << "30 s were measured before";
  EXPECT_NEAR(static_cast<double>(recent.lags()[1]->count()), 1000, 45);
}

TEST(lag_between, is_the_p95_of_what_came_since) {
  lag_histogram earlier;
  for (int i = 0; i < 1000; ++i) {
    earlier.add(100ms, false);
  }
  auto later = earlier;
  EXPECT_FALSE(lag_between(earlier, later));
  for (int i = 0; i < 94; ++i) {
    later.add(500ms, false);
  }
  for (int i = 0; i < 6; ++i) {
    later.add(20s, false);
  }
  EXPECT_NEAR(static_cast<double>(lag_between(earlier, later)->count()), 20'000, 900);
  lag_histogram zero;
  zero.add(0ms, true);
  EXPECT_EQ(lag_between({}, zero), 0ms);
}

}  // namespace
}  // namespace ddm::report
