#include "monitor/settling.h"

#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::health;

constexpr wall_time start{1000s};

class settling_for_a_minute : public testing::Test {
 protected:
  void observe(health how, std::chrono::seconds lasting) {
    for (auto end = now_ + lasting; now_ < end; now_ += 1s) {
      settling_.observe(how, now_);
    }
  }
  settling settling_{60s};
  wall_time now_ = start;
};

TEST_F(settling_for_a_minute, counts_from_the_first_moment_that_is_well) {
  observe(health::unwell, 100s);
  observe(health::well, 60s);
  EXPECT_FALSE(settling_.settled());
  observe(health::well, 1s);
  EXPECT_TRUE(settling_.settled());
}

TEST_F(settling_for_a_minute, what_is_wrong_takes_it_away_and_what_is_unknown_does_not) {
  observe(health::well, 41s);
  observe(health::unknown, 100s);
  EXPECT_EQ(settling_.lasted(), 40s) << "it earns nothing";
  observe(health::well, 21s);
  EXPECT_TRUE(settling_.settled());
  observe(health::unwell, 1s);
  EXPECT_EQ(settling_.lasted(), 0s);
  EXPECT_FALSE(settling_.settled());
}

TEST_F(settling_for_a_minute, survives_a_restart_and_does_not_count_the_time_between) {
  settling next(60s, 55s);
  next.observe(health::unknown, start + 1h);
  next.observe(health::well, start + 1h + 1s);
  EXPECT_EQ(next.lasted(), 55s);
  next.observe(health::well, start + 1h + 6s);
  EXPECT_TRUE(next.settled());
}

TEST_F(settling_for_a_minute, counts_neither_a_sleep_of_the_machine_nor_a_clock_set_back) {
  observe(health::well, 11s);
  settling_.observe(health::well, now_ + 1h);
  EXPECT_EQ(settling_.lasted(), 10s);
  settling_.observe(health::well, now_);
  EXPECT_EQ(settling_.lasted(), 10s);
}

TEST(settling, with_nothing_to_earn_needs_one_moment_that_is_well) {
  settling none(0s);
  EXPECT_FALSE(none.settled());
  none.observe(health::unknown, start);
  EXPECT_FALSE(none.settled());
  none.observe(health::well, start + 1s);
  EXPECT_TRUE(none.settled());
}

}  // namespace
}  // namespace ddm::monitor
