#include "verify/behind_detector.h"

#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;

const wall_time start = from_ms(1'767'225'600'000);

struct behind : testing::Test {
  void open(int checks, wall_time time) {
    for (int i = 0; i < checks; ++i) {
      detector.on_opened(time);
    }
  }
  void close(int checks, wall_time time) {
    for (int i = 0; i < checks; ++i) {
      detector.on_closed(time);
    }
  }
  behind_detector detector{60s, 30min};
};

TEST_F(behind, needs_a_hundred_checks_older_than_the_max_lag) {
  open(99, start);
  EXPECT_FALSE(detector.update(start + 10min));
  open(1, start);
  EXPECT_FALSE(detector.update(start + 59s));
  EXPECT_TRUE(detector.update(start + 62s));
  EXPECT_TRUE(detector.behind());
  EXPECT_EQ(detector.oldest_late(), start);
}

TEST_F(behind, needs_more_than_half_of_the_changes_of_the_time) {
  open(1000, start);
  close(500, start);
  EXPECT_FALSE(detector.update(start + 2min));
}

TEST_F(behind, adds_up_over_the_time_of_an_outage) {
  for (int second = 0; second < 25; ++second) {
    open(4, start + second * 1s);
  }
  EXPECT_FALSE(detector.update(start + 84s));
  EXPECT_TRUE(detector.update(start + 90s));
}

TEST_F(behind, a_healthy_hour_does_not_hide_an_outage_nor_an_outage_its_second_half) {
  open(100'000, start - 1h);
  close(99'990, start - 1h);
  open(200, start);
  open(200, start + 10s);
  EXPECT_TRUE(detector.update(start + 62s));
  close(200, start);  // the first half has arrived
  detector.update(start + 80s);
  EXPECT_TRUE(detector.behind());
  EXPECT_EQ(detector.oldest_late(), start + 10s);
}

TEST_F(behind, does_not_flicker_around_the_threshold) {
  open(100, start);
  EXPECT_TRUE(detector.update(start + 70s));
  close(40, start);
  EXPECT_FALSE(detector.update(start + 71s));
  EXPECT_TRUE(detector.behind());
  close(20, start);
  EXPECT_TRUE(detector.update(start + 72s));
  EXPECT_FALSE(detector.behind());
}

TEST_F(behind, leaves_what_remains_of_a_backlog_one_max_lag_to_arrive) {
  EXPECT_TRUE(detector.settled(start));
  open(100, start);
  detector.update(start + 70s);
  EXPECT_FALSE(detector.settled(start + 70s));
  EXPECT_TRUE(detector.waits(start + 70s));
  close(100, start);
  detector.update(start + 100s);
  EXPECT_FALSE(detector.settled(start + 159s));
  EXPECT_TRUE(detector.settled(start + 160s));
}

TEST_F(behind, is_no_longer_waited_for_once_it_has_stalled) {
  open(100, start);
  detector.update(start + 70s);
  EXPECT_FALSE(detector.stalled(start + 30min));
  EXPECT_TRUE(detector.stalled(start + 70s + 30min));
  EXPECT_FALSE(detector.waits(start + 70s + 30min));
  EXPECT_TRUE(detector.settled(start + 70s + 30min));
}

TEST_F(behind, a_change_is_not_confirmed_before_those_that_follow_it_have_had_their_say) {
  EXPECT_FALSE(detector.may_confirm(start + 69s, start));
  EXPECT_TRUE(detector.may_confirm(start + 70s, start));
}

TEST_F(behind, a_check_that_moves_on_counts_once_in_each_second) {
  open(150, start);
  for (int i = 0; i < 150; ++i) {
    detector.on_moved(start, start + 300ms);
    detector.on_moved(start + 300ms, start + 900ms);
    detector.on_moved(start + 900ms, start + 20s);
  }
  EXPECT_FALSE(detector.update(start + 70s));
  EXPECT_TRUE(detector.update(start + 82s));
  EXPECT_EQ(detector.oldest_late(), start + 20s);
}

}  // namespace
}  // namespace ddm::verify
