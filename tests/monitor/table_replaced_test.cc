// A table is deleted and created anew under its name while the monitor runs, or between two runs.
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto table = monitor_world::table;

void with_baseline(session_settings& settings) { settings.baseline.wanted = true; }

/// As a start that could not describe the tables beforehand.
void without_descriptions(session_settings& settings) {
  with_baseline(settings);
  settings.source_table.reset();
  settings.target_table.reset();
}

/// Forty items that replication has carried, and GO.
void reach_go(monitor_world& world) {
  world.replicate();
  world.start(with_baseline);
  for (int i = 0; i < 40; ++i) {
    world.put(fmt::format("item{}", i), i);
  }
  world.time.run_for(10min);
  ASSERT_EQ(world.status().verdict.kind, verdict_kind::go);
}

void replace(support::fake_dynamodb& account) {
  const auto schema = account.table(table).schema();
  account.delete_table(table);
  account.create_table(table, schema);
}

void expect_one_gap_of_the_target(const monitor_world& world) {
  const auto status = world.status();
  ASSERT_THAT(status.gaps, SizeIs(1));
  EXPECT_THAT(status.gaps[0].shard_id, IsEmpty());
  EXPECT_THAT(status.gaps[0].reason, AllOf(HasSubstr("target table orders"), HasSubstr("TableId")));
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
}

TEST(table_replaced, a_target_made_anew_and_empty_while_it_runs_is_a_gap_and_no_go) {
  monitor_world world;
  reach_go(world);
  replace(world.target);
  world.time.run_for(40s);
  expect_one_gap_of_the_target(world);
  world.time.run_for(10min);
  const auto status = world.status();
  ASSERT_THAT(status.gaps, SizeIs(1)) << "told once";
  EXPECT_TRUE(status.gaps[0].cured) << "by the comparison that began afterwards";
  EXPECT_EQ(status.mismatches.mismatches(), 40);
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
}

TEST(table_replaced, between_two_runs_is_the_same) {
  for (auto* start : {&with_baseline, &without_descriptions}) {
    monitor_world world;
    reach_go(world);
    ASSERT_TRUE(world.stop());
    replace(world.target);
    world.time.run_for(1h);
    world.start(*start);
    world.time.run_for(1s);
    expect_one_gap_of_the_target(world);
    ASSERT_TRUE(world.stop());
    world.start(*start);
    world.time.run_for(1s);
    expect_one_gap_of_the_target(world);
  }
}

TEST(table_replaced, a_kill_between_noticing_and_committing_loses_nothing) {
  for (auto pause = 0ms; pause < 36s; pause += 1100ms) {
    monitor_world world;
    reach_go(world);
    replace(world.target);
    world.time.run_for(pause);
    world.crash();
    world.start(with_baseline);
    world.time.run_for(2s);
    world.crash();
    world.start(with_baseline);
    expect_one_gap_of_the_target(world);
  }
}

TEST(table_replaced, the_gap_and_the_new_identity_are_one_commit) {
  monitor_world world;
  reach_go(world);
  const auto before = *load_table(world.stored(), side::target);
  int gaps = 0;
  world.on_commit = [&](const state::commit_batch& batch) {
    const auto id = batch.values.find("table.target.id");
    EXPECT_EQ(batch.gaps.size(), id == batch.values.end() ? 0 : 1);
    gaps += static_cast<int>(batch.gaps.size());
    EXPECT_TRUE(id == batch.values.end() || id->second != before.id);
  };
  replace(world.target);
  world.time.run_for(2min);
  EXPECT_EQ(gaps, 1);
}

TEST(table_replaced, a_source_made_anew_is_a_gap_too) {
  monitor_world world;
  reach_go(world);
  replace(world.source);
  world.time.run_for(40s);
  EXPECT_THAT(world.status().gaps,
              Contains(testing::Field(&state::gap_row::reason, HasSubstr("source table orders"))));
}

TEST(table_replaced, a_deleted_target_is_said_at_once) {
  monitor_world world;
  reach_go(world);
  world.target.delete_table(table);
  world.time.run_for(31s);
  const auto status = world.status();
  EXPECT_THAT(status.troubles, Contains("the target table orders does not exist any more"));
  EXPECT_EQ(status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(status.gaps, IsEmpty());
}

TEST(table_replaced, tables_that_cannot_be_described_are_no_gap_but_wait_after_a_minute) {
  monitor_world world;
  reach_go(world);
  world.target.plan_faults(
      support::fault_on("DescribeTable", {.type = support::fault::kind::server_error}));
  auto longest = 0ms;
  for (auto passed = 0s; passed < 3min; passed += 1s) {
    world.time.run_for(1s);
    longest = world.status().verdict.kind == verdict_kind::go ? milliseconds{passed} : longest;
  }
  EXPECT_GE(longest, 25s);
  EXPECT_LE(longest, 60s);
  EXPECT_THAT(world.status().troubles,
              Contains(HasSubstr("whether the target table orders is still")));
  world.target.plan_faults({});
  world.time.run_for(8min);
  EXPECT_THAT(world.status().gaps, IsEmpty());
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::go);
}

TEST(table_replaced, an_awaited_target_gets_its_identity_when_it_is_ready) {
  monitor_world world({.create_target = false});
  world.start(with_baseline);
  world.time.run_for(5min);
  EXPECT_THAT(world.status().troubles, IsEmpty());
  EXPECT_FALSE(load_table(world.stored(), side::target));
  world.target.create_table(table, {.partition = {"pk", dynamodb::key_type::string}, .sort = {}});
  world.time.run_for(15s);
  EXPECT_THAT(world.status().gaps, IsEmpty());
  ASSERT_TRUE(load_table(world.stored(), side::target));
  EXPECT_EQ(load_table(world.stored(), side::target)->id, world.target.table(table).settings().id);
  replace(world.target);
  world.time.run_for(31s);
  expect_one_gap_of_the_target(world);
}

TEST(table_replaced, an_awaited_target_may_be_unknown_for_a_minute_from_when_it_is_ready) {
  monitor_world world({.create_target = false});
  world.start(with_baseline);
  world.time.run_for(5min);
  world.target.create_table(table, {.partition = {"pk", dynamodb::key_type::string}, .sort = {}});
  world.time.run_until([&] { return world.status().target_ready; });
  world.target.plan_faults(
      support::fault_on("DescribeTable", {.type = support::fault::kind::server_error}));
  EXPECT_THAT(world.status().troubles, IsEmpty());
  world.time.run_for(55s);
  EXPECT_THAT(world.status().troubles, IsEmpty());
  world.time.run_for(10s);
  EXPECT_THAT(world.status().troubles,
              Contains(HasSubstr("whether the target table orders is still")));
}

}  // namespace
}  // namespace ddm::monitor
