#include "runtime/outage_pause.h"

#include <gtest/gtest.h>

namespace ddm {
namespace {

using namespace std::chrono_literals;

TEST(outage_pause, doubles_up_to_half_a_minute) {
  EXPECT_EQ(outage_pause(500ms, 1), 500ms);
  EXPECT_EQ(outage_pause(500ms, 2), 1s);
  EXPECT_EQ(outage_pause(500ms, 6), 16s);
  EXPECT_EQ(outage_pause(500ms, 7), 30s);
  EXPECT_EQ(outage_pause(1s, 5), 16s);
  EXPECT_EQ(outage_pause(1s, 6), 30s);
}

TEST(outage_pause, stays_there_however_long_an_outage_lasts) {
  EXPECT_EQ(outage_pause(1s, 1'000'000), 30s);
}

TEST(outage_pause, may_have_another_end) {
  EXPECT_EQ(outage_pause(20s, 1, 10min), 20s);
  EXPECT_EQ(outage_pause(20s, 5, 10min), 320s);
  EXPECT_EQ(outage_pause(20s, 6, 10min), 10min);
}

}  // namespace
}  // namespace ddm
