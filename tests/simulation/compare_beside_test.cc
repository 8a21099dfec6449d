// `compare` beside `monitor` on one state: a mismatch counts once, by whoever finds it.
#include "monitor/sums.h"
#include "simulation/other_commands.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::simulation {
namespace {

using namespace std::chrono_literals;
using monitor::broken_shown_sums;
using monitor::monitor_world;
using testing::IsEmpty;

void run_for(monitor_world& world, const other_commands& others, std::chrono::seconds time) {
  for (auto second = 0s; second < time; ++second) {
    world.time.run_for(1s);
    ASSERT_THAT(broken_shown_sums(world.status()), IsEmpty());
    if (others.comparing()) {
      ASSERT_THAT(broken_shown_sums(others.compare_status()), IsEmpty());
    }
  }
}

/// k0 to k49, on both sides.
void put_equal_items(monitor_world& world) {
  for (int i = 0; i < 50; ++i) {
    const auto item = monitor_world::item(fmt::format("k{}", i), i);
    world.source.put(world.table, item);
    world.target.put(world.table, item);
  }
}

/// Two changes are lost, and both processes find them.
TEST(compare_beside, does_not_take_the_monitors_failed_changes_for_healed) {
  for (const auto later : {1s, 20s, 50s}) {  // before and after the monitor confirms
    SCOPED_TRACE(later.count());
    monitor_world world;
    other_commands others(world);
    put_equal_items(world);
    world.start();
    run_for(world, others, 30s);
    world.put("k1", 100);
    world.put("k2", 100);
    run_for(world, others, later);
    others.start_compare({}, 60s);
    run_for(world, others, 4min);
    ASSERT_FALSE(others.comparing());
    ASSERT_TRUE(others.end_compare());
    EXPECT_EQ(world.status().checks.failed, 2);
    EXPECT_EQ(world.status().checks.healed, 0);
    EXPECT_EQ(world.status().mismatches.mismatches(), 2);
    ASSERT_TRUE(world.stop());
    world.start();
    run_for(world, others, 5s);
    const auto status = world.status();
    EXPECT_EQ(status.checks.failed, 2);
    EXPECT_EQ(status.checks.healed, 0) << "both are open";
    EXPECT_EQ(status.mismatches.mismatches(), 2);
    EXPECT_EQ(status.success_of_changes->wrong, 2);
    world.target.put(world.table, monitor_world::item("k1", 100));
    run_for(world, others, 12min);
    EXPECT_EQ(world.status().checks.failed, 1);
    EXPECT_EQ(world.status().checks.healed, 1);
  }
}

TEST(compare_beside, what_it_finds_at_rest_counts_as_no_failed_change_and_once) {
  monitor_world world;
  other_commands others(world);
  put_equal_items(world);
  world.start();
  run_for(world, others, 2min);
  world.target.remove(world.table, monitor_world::key("k7"));
  others.start_compare({}, 60s);
  run_for(world, others, 4min);
  ASSERT_FALSE(others.comparing());
  EXPECT_EQ(others.compare_status().checks.failed, 1);
  EXPECT_EQ(others.compare_status().success_at_rest->wrong, 1);
  ASSERT_TRUE(others.end_compare());
  EXPECT_EQ(world.status().mismatches.mismatches(), 1) << "heard of";
  EXPECT_EQ(world.status().mismatches.at_rest_alone, 1);
  EXPECT_EQ(world.status().checks.failed, 0);
  world.put("k7", 1000);  // lost, like the item
  run_for(world, others, 3min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 1);
  EXPECT_EQ(world.status().checks.failed, 1);
  // What the monitor found meanwhile heals in another comparison.
  world.target.put(world.table, monitor_world::item("k7", 1000));
  others.start_compare({}, 60s);
  run_for(world, others, 20s);
  EXPECT_EQ(others.compare_status().checks.healed, 0) << "this comparison has found none";
  ASSERT_TRUE(others.end_compare());
  ASSERT_TRUE(world.stop());
  world.start();
  run_for(world, others, 2min);
  EXPECT_EQ(world.status().checks.failed, 0);
  EXPECT_EQ(world.status().checks.healed, 1);
}

}  // namespace
}  // namespace ddm::simulation
