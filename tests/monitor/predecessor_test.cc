// Each failing of the Go tool of the same name, as measured, is a test that it would not pass. That
// it checks the source against itself by default is in migration_test.cc
// (a_table_is_never_checked_against_its_own_stream); what a change costs is measured by
// bench/pipeline_bench.
#include "base/log.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> findings(std::initializer_list<std::pair<const char*, const char*>> list) {
  std::vector<std::string> expected;
  for (const auto& [name, kind] : list) {
    expected.push_back(monitor_world::key(name) + " " + kind);
  }
  std::ranges::sort(expected);
  return expected;
}

void until_caught_up(session_settings& settings) { settings.until_caught_up = true; }

TEST(predecessor, an_empty_target_is_not_100_percent_success) {
  monitor_world world;
  world.put("a", 1);
  world.put("b", 1);
  world.start(until_caught_up);
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.open_findings(), findings({{"a", "missing"}, {"b", "missing"}}));
  EXPECT_EQ(world.status().success_of_changes->rate.value, 0.0);
}

TEST(predecessor, values_are_checked_not_only_existence) {
  monitor_world world;
  world.put("a", 1);
  world.target.put(monitor_world::table, monitor_world::item("a", 2));
  world.start(until_caught_up);
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.open_findings(), findings({{"a", "different"}}));
}

TEST(predecessor, deletes_are_checked) {
  monitor_world world;
  world.put("a", 1);
  world.target.put(monitor_world::table, monitor_world::item("a", 1));
  world.remove("a");
  world.start(until_caught_up);
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.open_findings(), findings({{"a", "undeleted"}}));
  EXPECT_EQ(world.status().checks.deletes, 1);
}

TEST(predecessor, number_and_binary_keys_work) {
  for (const auto type : {dynamodb::key_type::number, dynamodb::key_type::binary}) {
    world_options options;
    options.schema = {.partition = {"pk", type}, .sort = dynamodb::key_attribute{"sk", type}};
    monitor_world world(options);
    const auto letter = dynamodb::to_char(type);
    const auto item = [&](const char* value) {
      return fmt::format(R"({{"pk":{{"{0}":"1234"}},"sk":{{"{0}":"5678"}},"v":{{"S":"{1}"}}}})",
                         letter, value);
    };
    world.source.put(monitor_world::table, item("new"));
    world.target.put(monitor_world::table, item("new"));
    world.start(until_caught_up);
    ASSERT_TRUE(world.wait_for_end());
    EXPECT_TRUE(world.open_findings().empty());
    EXPECT_EQ(world.status().checks.verified, 1);
  }
}

TEST(predecessor, the_first_seconds_of_each_new_shard_are_read_under_latest) {
  world_options options;
  options.first = stream::first_position::latest;
  options.stream.shard_lifetime = 5min;
  options.stream.children_listed_after = 40s;
  monitor_world world(options);
  world.replicate();
  world.start();
  world.time.run_for(5s);
  for (int i = 0; i < 1200; ++i) {
    world.put("key" + std::to_string(i), i);
    world.time.run_for(1s);
  }
  world.time.run_for(3min);
  const auto status = world.status();
  EXPECT_EQ(status.events.unique, 1200);
  EXPECT_EQ(status.checks.verified, 1200);
  EXPECT_GE(status.shards.done, 3U);
  EXPECT_TRUE(status.gaps.empty());
}

TEST(predecessor, more_than_five_open_shards_are_all_read) {
  world_options options;
  options.stream.shards = 40;
  monitor_world world(options);
  world.replicate();
  world.start();
  for (int i = 0; i < 2000; ++i) {
    world.put("key" + std::to_string(i), i);
  }
  world.time.run_for(2min);
  EXPECT_EQ(world.status().shards.open, 40U);
  EXPECT_EQ(world.status().checks.verified, 2000);
}

TEST(predecessor, an_hour_of_errors_abandons_no_shard) {
  monitor_world world;
  world.replicate();
  world.start();
  world.put("before", 1);
  world.time.run_for(1min);
  const auto now = world.time.now();
  world.source.plan_faults(
      support::fault_between(now, now + 1h, {.type = support::fault::kind::server_error}));
  world.put("during", 1);
  world.time.run_for(30min);
  EXPECT_FALSE(world.status().troubles.empty());
  EXPECT_NE(world.status().verdict.kind, report::verdict_kind::go);
  world.time.run_for(35min);
  EXPECT_EQ(world.status().checks.verified, 2);
  EXPECT_TRUE(world.status().troubles.empty());
}

TEST(predecessor, replication_that_is_three_seconds_late_raises_no_alarm) {
  monitor_world world;
  world.replicate({.delay_min = 3s, .delay_max = 3s});
  world.start();
  for (int i = 0; i < 600; ++i) {
    world.put("key" + std::to_string(i % 150), i);
    world.time.run_for(100ms);
  }
  world.time.run_for(3min);
  EXPECT_EQ(world.status().checks.failed, 0);
  EXPECT_EQ(world.status().pending, 0);
  EXPECT_TRUE(world.open_findings().empty());
}

TEST(predecessor, a_shard_with_a_partitions_full_write_rate_is_kept_up_with) {
  monitor_world world;
  world.replicate();
  world.start();
  int written = 0;
  for (int second = 0; second < 30; ++second) {
    for (int i = 0; i < 1000; ++i) {
      world.put("key" + std::to_string(written++), i);
    }
    world.time.run_for(1s);
  }
  EXPECT_GE(world.status().events.unique, 29'000);
  EXPECT_EQ(world.status().shards.behind, 0ms);
}

TEST(predecessor, does_not_write_a_log_line_for_each_event) {
  monitor_world world;
  world.replicate();
  std::size_t lines = 0;
  log::divert([&](std::string_view) { ++lines; });
  world.start();
  for (int i = 0; i < 1000; ++i) {
    world.put("key" + std::to_string(i), i);
  }
  world.time.run_for(2min);
  log::divert(nullptr);
  EXPECT_EQ(world.status().checks.verified, 1000);
  EXPECT_LT(lines, 10U);
}

TEST(predecessor, memory_does_not_grow_with_the_number_of_events) {
  monitor_world world;
  world.source.put(monitor_world::table, monitor_world::item("warm-up", 0));
  world.target.put(monitor_world::table, monitor_world::item("warm-up", 0));
  world.start();
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 500; ++i) {
      const auto name = "key" + std::to_string(i);
      world.put(name, round);
      world.target.put(monitor_world::table, monitor_world::item(name, round));
    }
    world.time.run_for(10s);
    // Every change of the round is open or verified: nothing of earlier rounds is held.
    EXPECT_LE(world.status().check_bytes, 1024U * 501);
    world.time.run_for(60s);
    EXPECT_EQ(world.status().check_bytes, 0U);
  }
  EXPECT_EQ(world.status().events.unique, 20'001);
  EXPECT_EQ(world.status().checks.verified, 20'001);
}

}  // namespace
}  // namespace ddm::monitor
