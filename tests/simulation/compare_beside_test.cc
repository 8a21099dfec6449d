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

// What finds no room, and both only count

class counted_beside : public testing::Test {
 protected:
  counted_beside() { put_equal_items(world_); }
  /// With room for so many findings.
  void start_monitor(std::int64_t room, const monitor::process_options& how = {}) {
    world_.start(
        [room](monitor::session_settings& settings) {
          settings.findings.listed_max = room;
          settings.settle = 10s;
        },
        how);
    run_for(world_, others_, 2min);
  }
  /// Changes of k<from> and those after it do not arrive.
  void lose_changes(int from, int until) {
    for (int i = from; i < until; ++i) {
      world_.put(fmt::format("k{}", i), lost);
    }
  }
  void remove_from_target(int from, int until) {
    for (int i = from; i < until; ++i) {
      world_.target.remove(world_.table, monitor_world::key(fmt::format("k{}", i)));
    }
  }
  /// Only the source gets it, when its TTL is past already.
  void put_expired(const char* name) { world_.put(name, 1, to_ms(world_.time.now()) / 1000 - 100); }
  /// With room for one finding if `full`. Returns what it says when it has ended, once the monitor
  /// has heard of it.
  report::status compare(bool full) {
    others_.listed_max = full ? 1 : 1'000'000;
    others_.start_compare({}, 60s);
    run_for(world_, others_, 4min);
    EXPECT_FALSE(others_.comparing());
    auto told = others_.compare_status();
    EXPECT_TRUE(others_.end_compare());
    run_for(world_, others_, 30s);
    return told;
  }
  void expect_the_same_after_a_restart(std::int64_t room) {
    const auto before = world_.status();
    ASSERT_TRUE(world_.stop());
    world_.start(
        [room](monitor::session_settings& settings) { settings.findings.listed_max = room; });
    const auto after = world_.status();
    EXPECT_EQ(before.unlisted.open, after.unlisted.open);
    EXPECT_EQ(before.checks.failed, after.checks.failed);
    EXPECT_EQ(before.checks.failed_unlisted, after.checks.failed_unlisted);
    EXPECT_EQ(before.success_of_changes->wrong, after.success_of_changes->wrong);
    EXPECT_EQ(before.gaps.size(), after.gaps.size());
  }

  static constexpr std::int64_t lost = 1000;
  monitor_world world_;
  other_commands others_{world_};
};

TEST_F(counted_beside, neither_writes_what_the_other_counts) {
  start_monitor(1);
  lose_changes(0, 10);
  run_for(world_, others_, 40s);  // they are confirmed while `compare` runs
  remove_from_target(40, 42);
  const auto theirs = compare(true);
  EXPECT_EQ(theirs.unlisted.mismatches(), 9 + 11);
  EXPECT_EQ(theirs.checks.failed, 12);
  EXPECT_EQ(world_.status().unlisted.open, theirs.unlisted.open);
  EXPECT_EQ(world_.status().checks.failed_unlisted, 9) << "those of changes";
  expect_the_same_after_a_restart(1);
}

TEST_F(counted_beside, a_comparison_makes_up_for_nothing_that_was_counted_since_it_began) {
  start_monitor(1);
  lose_changes(0, 10);
  run_for(world_, others_, 2min);
  ASSERT_EQ(world_.status().unlisted.mismatches(), 9);
  lose_changes(20, 22);
  run_for(world_, others_, 65s);  // they are confirmed by `compare` later than here
  const auto theirs = compare(false);
  EXPECT_EQ(theirs.mismatches.mismatches(), 12) << "it lists all";
  EXPECT_EQ(theirs.unlisted.mismatches(), 2);
  EXPECT_THAT(theirs.gaps, testing::Contains(testing::Field(&state::gap_row::cured, false)));
  EXPECT_EQ(world_.status().unlisted.mismatches(), 2);
  expect_the_same_after_a_restart(1);
  compare(false);
  EXPECT_EQ(world_.status().unlisted.all(), 0);
}

class expired_too : public counted_beside, public testing::WithParamInterface<bool> {};

TEST_P(expired_too, exit_codes_and_rates_of_both_are_the_same) {
  const bool with_expired = GetParam();
  start_monitor(with_expired ? 1 : 0);
  if (with_expired) {
    put_expired("e1");
    put_expired("e2");
  } else {
    lose_changes(0, 2);
  }
  run_for(world_, others_, 3min);
  ASSERT_EQ(world_.status().unlisted.all(), with_expired ? 1 : 2);
  remove_from_target(30, 50);
  const auto theirs = compare(true);
  const auto ours = world_.status();
  EXPECT_EQ(report::decide_exit(theirs, false), report::exit_code::mismatches);
  EXPECT_EQ(report::decide_exit(ours, false), report::exit_code::mismatches);
  EXPECT_EQ(ours.unlisted.open, theirs.unlisted.open);
  EXPECT_EQ(theirs.success_at_rest->wrong, with_expired ? 20 : 22);
  EXPECT_EQ(ours.success_at_rest->wrong, theirs.success_at_rest->wrong);
  EXPECT_EQ(ours.success_at_rest->keys, theirs.success_at_rest->keys);
}

INSTANTIATE_TEST_SUITE_P(counted_beside, expired_too, testing::Bool());

TEST_F(counted_beside, an_item_that_had_expired_is_counted_until_a_comparison_that_began_later) {
  start_monitor(2);
  lose_changes(0, 3);
  run_for(world_, others_, 2min);
  others_.start_compare({}, 150s);
  run_for(world_, others_, 10s);
  put_expired("e1");  // after its scans
  run_for(world_, others_, 125s);
  ASSERT_TRUE(others_.comparing());
  ASSERT_EQ(world_.status().unlisted.of(verify::mismatch_kind::expired), 1);
  for (int i = 0; i < 3; ++i) {
    world_.target.put(world_.table, monitor_world::item(fmt::format("k{}", i), lost));
  }
  run_for(world_, others_, 5min);
  ASSERT_FALSE(others_.comparing());
  ASSERT_TRUE(others_.end_compare());
  run_for(world_, others_, 12min);
  EXPECT_EQ(world_.status().unlisted.mismatches(), 0);
  EXPECT_EQ(world_.status().unlisted.of(verify::mismatch_kind::expired), 1);
  ASSERT_TRUE(world_.stop());
  start_monitor(2, {.ttl = false});  // nobody will delete it
  EXPECT_NE(world_.status().verdict.kind, report::verdict_kind::go);
  EXPECT_THAT(world_.reasons(), testing::HasSubstr("found expired while TTL was on"));
  compare(false);
  EXPECT_EQ(world_.status().unlisted.all(), 0);
}

TEST_F(counted_beside, deletes_that_are_left_to_a_comparison_are_not_among_the_sampled) {
  start_monitor(1);
  for (int i = 0; i < 10; ++i) {
    world_.remove(fmt::format("k{}", i));
  }
  run_for(world_, others_, 2min);
  ASSERT_EQ(world_.status().checks.deletes, 10);
  const auto sampled = world_.status().checks.sampled;
  compare(false);
  EXPECT_EQ(world_.status().checks.sampled, sampled - 9);
  EXPECT_EQ(world_.status().checks.deletes, 1);
  EXPECT_EQ(world_.status().checks.left_to_baseline, 9);
  expect_the_same_after_a_restart(1);
  EXPECT_EQ(world_.status().checks.deletes, 1);
}

}  // namespace
}  // namespace ddm::simulation
