// What a comparison says of a table that could not be read for a while.
#include "monitor/compare_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::Not;

TEST(compare_health, a_scan_that_is_answered_again_is_no_trouble_any_more) {
  compare_world world;
  for (int i = 0; i < 300; ++i) {
    world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
  }
  const auto begin = world.time.now();
  world.source.plan_faults([begin](const support::fault_context& call) -> support::fault {
    const bool fails = call.operation == "Scan" && call.now < begin + 30s;
    return {.type = fails ? support::fault::kind::connection_reset : support::fault::kind::none};
  });
  world.start();
  world.time.run_for(20s);
  EXPECT_THAT(world.status().troubles, Not(IsEmpty()));
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_THAT(world.status().troubles, IsEmpty());
  EXPECT_EQ(world.status().compared->keys(), 300);
}

}  // namespace
}  // namespace ddm::monitor
