// What a run tells of the changes that it has read.
#include "monitor/monitor_world.h"

#include <gtest/gtest.h>

#include <string>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;

TEST(change_ledger, tells_a_rate_before_the_first_interval_is_over) {
  monitor_world world;
  world.replicate();
  world.start();
  for (int i = 0; i < 40; ++i) {
    world.put("key" + std::to_string(i), i);
    world.time.run_for(250ms);
  }
  EXPECT_NEAR(world.status().events_per_second, 4, 1);
  world.time.run_for(2min);
  EXPECT_EQ(world.status().events_per_second, 0);
}

}  // namespace
}  // namespace ddm::monitor
