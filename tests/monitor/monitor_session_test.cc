#include "monitor/monitor_session.h"

#include "base/log.h"
#include "monitor/monitor_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

void until_caught_up(session_settings& settings) { settings.until_caught_up = true; }

void expect_identities(const report::status& status) {
  const auto& events = status.events;
  EXPECT_EQ(events.unique, events.insert + events.modify + events.remove + events.unknown);
  const auto& checks = status.checks;
  EXPECT_EQ(checks.sampled, checks.verified + checks.superseded + status.pending + checks.deferred +
                                checks.failed + checks.healed);
}

TEST(monitor_session, ends_when_caught_up_and_everything_is_judged) {
  monitor_world world;
  world.replicate();
  for (int i = 0; i < 100; ++i) {
    world.put("key" + std::to_string(i), i);
  }
  world.start([](session_settings& settings) {
    until_caught_up(settings);
    settings.table_items = 1234;
  });
  ASSERT_TRUE(world.wait_for_end());
  const auto status = world.status();
  EXPECT_EQ(status.table_items, 1234);
  EXPECT_EQ(status.events.insert, 100);
  EXPECT_NEAR(static_cast<double>(status.keys_changed), 100, 5) << "a sketch counts them";
  EXPECT_EQ(status.checks.verified, 100);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::equal);
  EXPECT_EQ(status.verdict.kind, report::verdict_kind::wait) << "nothing was compared at rest";
  EXPECT_EQ(report::decide_exit(status, true), report::exit_code::incomplete);
  expect_identities(status);
}

TEST(monitor_session, nothing_checked_is_incomplete) {
  monitor_world world;
  world.start(until_caught_up);
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(report::decide_exit(world.status(), false), report::exit_code::incomplete);
}

TEST(monitor_session, finds_planted_defects_and_invents_none) {
  monitor_world world;
  auto& replication = world.replicate({.seed = 3,
                                       .lost = 0.01,
                                       .lost_delete = 0.05,
                                       .altered = 0.01,
                                       .stale = 0.01,
                                       .replayed = 0.01});
  world.start();
  std::mt19937_64 random(5);
  for (int i = 0; i < 5000; ++i) {
    const auto name = "key" + std::to_string(random() % 1500);
    if (random() % 8 == 0) {
      world.remove(name);
    } else {
      world.put(name, static_cast<std::int64_t>(random() % 50));
    }
    world.time.run_for(20ms);
  }
  world.time.run_for(5min);
  std::vector<std::string> planted;
  for (const auto& [key, kind] : replication.open_defects()) {
    planted.push_back(key + " " + std::string(to_string(kind)));
  }
  std::ranges::sort(planted);
  EXPECT_GT(planted.size(), 30U);
  EXPECT_EQ(world.open_findings(), planted);
  expect_identities(world.status());
}

TEST(monitor_session, counters_after_crashes_are_those_of_the_traffic) {
  monitor_world world;
  world.replicate();
  world.start();
  std::mt19937_64 random(11);
  int written = 0;
  for (int crash = 0; crash < 12; ++crash) {
    for (int i = 0; i < 200; ++i) {
      world.put("key" + std::to_string(random() % 300), ++written);
      world.time.run_for(milliseconds{random() % 30});
    }
    world.crash();
    world.time.run_for(milliseconds{random() % 5000});
    world.start();
    world.time.run_for(milliseconds{random() % 3000});
  }
  world.time.run_for(4min);
  const auto status = world.status();
  EXPECT_EQ(status.events.unique, written);
  EXPECT_EQ(status.checks.sampled, written);
  EXPECT_EQ(status.checks.failed, 0);
  EXPECT_EQ(status.pending, 0);
  expect_identities(status);
}

TEST(monitor_session, a_crash_before_the_first_record_under_latest_loses_nothing) {
  world_options options;
  options.first = stream::first_position::latest;
  monitor_world world(options);
  world.replicate();
  world.put("before", 1);
  world.time.run_for(1h);
  world.start();
  world.time.run_for(10s);
  world.crash();
  world.put("while it was down", 1);
  world.time.run_for(20min);
  world.start();
  world.time.run_for(2min);
  EXPECT_EQ(world.status().events.unique, 1) << "and what was written before the start is left out";
  EXPECT_EQ(world.status().checks.verified, 1);
}

/// Twenty changes a second for twenty minutes; the replicator stands still from the second minute
/// to the eleventh. `each_second` is called with the second and the number of changes written so
/// far.
void run_through_an_outage(monitor_world& world, support::replicator& replication,
                           const std::function<void(int, int)>& each_second) {
  const auto begin = world.time.now();
  replication.stall(begin + 1min, begin + 11min);
  world.start();
  int written = 0;
  for (int second = 0; second < 20 * 60; ++second) {
    for (int i = 0; i < 20; ++i) {
      world.put("key" + std::to_string(written++), 1);
    }
    world.time.run_for(1s);
    each_second(second, written);
  }
  world.time.run_for(5min);
}

TEST(monitor_session, a_stalled_replicator_is_one_condition_and_no_flood) {
  monitor_world world;
  auto& replication = world.replicate();
  std::uint64_t reads_before = 0;
  run_through_an_outage(world, replication, [&](int second, int written) {
    if (second == 5 * 60) {
      const auto status = world.status();
      EXPECT_EQ(status.phase, report::phase::catching_up);
      EXPECT_EQ(status.verdict.kind, report::verdict_kind::wait);
      reads_before = world.target.statistics().keys_read;
    }
    if (second == 10 * 60) {
      EXPECT_LT(world.target.statistics().keys_read - reads_before, 5U * 60 * 15)
          << "looks are thinned to probes";
      EXPECT_GT(world.status().events.unique, written - 200) << "reading is never slowed";
      ASSERT_TRUE(world.status().behind);
      EXPECT_GT(world.status().behind->late, 8min);
      EXPECT_FALSE(world.status().behind->remaining) << "it stands still";
    }
    EXPECT_EQ(world.status().checks.failed, 0);
  });
  EXPECT_EQ(world.status().phase, report::phase::steady);
  EXPECT_EQ(world.status().pending, 0);
  EXPECT_EQ(world.status().checks.verified, 20 * 60 * 20);
  expect_identities(world.status());
}

TEST(monitor_session, what_an_outage_lost_is_found_once_it_is_over) {
  monitor_world world;
  auto& replication = world.replicate({.lost = 0.01});
  run_through_an_outage(world, replication, [](int, int) {});
  EXPECT_EQ(world.status().phase, report::phase::steady);
  EXPECT_GT(replication.open_defects().size(), 150U);
  EXPECT_EQ(world.open_findings().size(), replication.open_defects().size());
  EXPECT_EQ(world.status().pending, 0);
  expect_identities(world.status());
}

TEST(monitor_session, a_stall_beyond_the_limit_is_judged_all_the_same) {
  world_options options;
  options.stall_after = 5min;
  monitor_world world(options);
  world.start();
  for (int i = 0; i < 300; ++i) {
    world.put("key" + std::to_string(i), 1);
  }
  world.time.run_for(4min);
  EXPECT_EQ(world.status().checks.failed, 0);
  world.time.run_for(6min);
  EXPECT_EQ(world.status().checks.failed, 300);
}

TEST(monitor_session, changes_before_the_target_exists_are_counted_and_left) {
  world_options options;
  options.create_target = false;
  monitor_world world(options);
  world.start();
  world.put("early", 1);
  world.time.run_for(2min);
  auto status = world.status();
  EXPECT_EQ(status.phase, report::phase::importing);
  EXPECT_EQ(status.checks.left_to_baseline, 1);
  EXPECT_EQ(status.checks.sampled, 0);
  world.target.create_table(monitor_world::table, options.schema);
  world.time.run_for(30s);
  world.put("late", 1);
  world.target.put(monitor_world::table, monitor_world::item("late", 1));
  world.time.run_for(2min);
  status = world.status();
  EXPECT_EQ(status.phase, report::phase::steady);
  EXPECT_EQ(status.checks.verified, 1);
}

TEST(monitor_session, what_was_left_to_the_baseline_may_arrive_over_the_next_changes_equal_look) {
  for (const bool crashes : {false, true}) {
    world_options options;
    options.create_target = false;
    monitor_world world(options);
    world.start();
    world.put("early", 1);
    world.time.run_for(1min);
    world.target.create_table(monitor_world::table, options.schema);
    world.time.run_for(15s);
    if (crashes) {
      world.crash();
      world.start();
    }
    world.remove("early");
    world.time.run_for(10s);
    EXPECT_EQ(world.status().checks.verified, 0) << "absent as before anything has arrived";
    world.target.put(monitor_world::table, monitor_world::item("early", 1));
    world.time.run_for(3min);
    EXPECT_THAT(world.open_findings(), ElementsAre(monitor_world::key("early") + " undeleted"));
    world.crash();
    world.start();
    world.put("later", 1);
    world.target.put(monitor_world::table, monitor_world::item("later", 1));
    world.time.run_for(10s);
    EXPECT_EQ(world.status().checks.verified, 1) << "it is over, and the state knows";
  }
}

TEST(monitor_session, a_table_that_failed_is_asked_until_it_is_well_also_if_nothing_needs_it) {
  monitor_world world;
  const auto begin = world.time.now();
  world.source.plan_faults([&](const support::fault_context& request) -> support::fault {
    const bool fails = request.operation == "BatchGetItem" && request.now < begin + 30s;
    return {.type = fails ? support::fault::kind::connection_reset : support::fault::kind::none};
  });
  world.start();
  world.put("a", 1);
  world.time.run_for(9s);
  EXPECT_FALSE(world.status().troubles.empty());
  world.put("a", 2);
  world.target.put(monitor_world::table, monitor_world::item("a", 2));
  world.time.run_for(3min);
  EXPECT_EQ(world.status().pending, 0);
  EXPECT_TRUE(world.status().troubles.empty());
}

TEST(monitor_session, an_item_of_another_key_is_neither_an_absence_nor_an_answer) {
  monitor_world world;
  world.target.plan_faults(
      support::fault_on("BatchGetItem", {.type = support::fault::kind::other_keys}));
  world.start();
  for (const auto* name : {"there", "undeleted"}) {
    world.put(name, 1);
    world.target.put(monitor_world::table, monitor_world::item(name, 1));
  }
  world.remove("undeleted");
  world.time.run_for(10min);
  EXPECT_EQ(world.status().checks.verified + world.status().checks.failed, 0);
  ASSERT_EQ(world.status().troubles.size(), 1);
  EXPECT_THAT(world.status().troubles[0], testing::HasSubstr("another key"));
  world.target.plan_faults({});
  world.time.run_for(10min);
  EXPECT_THAT(world.open_findings(), ElementsAre(monitor_world::key("undeleted") + " undeleted"));
  EXPECT_GT(world.status().checks.verified, 0);
}

TEST(monitor_session, checks_beyond_the_memory_bound_are_deferred_and_judged_later) {
  world_options options;
  options.memory_bytes_max = 64 << 10;
  monitor_world world(options);
  world.replicate();
  world.start();
  for (int i = 0; i < 2000; ++i) {
    world.put("key" + std::to_string(i % 1500), i);
  }
  world.time.run_for(4s);
  EXPECT_GT(world.status().checks.deferred, 1000);
  EXPECT_LE(world.status().check_bytes, (64U << 10) + 2048);
  expect_identities(world.status());
  world.time.run_for(20min);
  EXPECT_EQ(world.status().checks.deferred, 0);
  EXPECT_EQ(world.status().pending, 0);
  EXPECT_EQ(world.status().checks.failed, 0);
  expect_identities(world.status());
}

TEST(monitor_session, deferred_checks_come_back_only_as_there_is_room) {
  world_options options;
  options.memory_bytes_max = 64 << 10;
  monitor_world world(options);
  world.start();
  for (int i = 0; i < 2000; ++i) {
    world.put("key" + std::to_string(i), i);
  }
  for (int second = 0; second < 200; ++second) {
    world.time.run_for(1s);
    ASSERT_LE(world.status().check_bytes, (64U << 10) + 1024) << "in second " << second;
  }
}

TEST(monitor_session, deferred_changes_survive_a_crash) {
  world_options options;
  options.memory_bytes_max = 32 << 10;
  monitor_world world(options);
  world.start();
  for (int i = 0; i < 500; ++i) {
    world.put("key" + std::to_string(i), i);
    world.target.put(monitor_world::table, monitor_world::item("key" + std::to_string(i), i));
  }
  world.time.run_for(3s);
  world.crash();
  world.start();
  world.time.run_for(5min);
  EXPECT_EQ(world.status().events.unique, 500);
  EXPECT_EQ(world.status().checks.verified, 500);
  expect_identities(world.status());
}

TEST(monitor_session, a_write_after_the_freeze_is_a_no_go_with_its_key) {
  monitor_world world;
  world.replicate();
  world.put("a", 1);
  const auto freeze = world.time.now() + 1min;
  world.start([&](session_settings& settings) { settings.freeze_at = freeze; });
  world.time.run_until(freeze + 1s);
  world.put("late writer", 1);
  ASSERT_TRUE(world.wait_for_end());
  const auto status = world.status();
  EXPECT_EQ(status.verdict.kind, report::verdict_kind::no_go);
  EXPECT_NE(status.verdict.reasons.front().find("late writer"), std::string::npos);
}

TEST(monitor_session, the_targets_stream_shows_writes_that_the_source_never_made) {
  world_options options;
  options.way = verify::direction::target_to_source;
  monitor_world world(options);
  world.replicate();
  world.start();
  for (int i = 0; i < 200; ++i) {
    world.put("key" + std::to_string(i), i);
    world.time.run_for(100ms);
  }
  world.target.put(monitor_world::table, monitor_world::item("intruder", 1));
  world.target.put(monitor_world::table, monitor_world::item("key7", 99));
  world.time.run_for(4min);
  EXPECT_EQ(world.open_findings(),
            (std::vector<std::string>{monitor_world::key("intruder") + " unexpected",
                                      monitor_world::key("key7") + " different"}));
}

TEST(monitor_session, trimmed_data_is_a_gap_and_never_silent) {
  monitor_world world;
  world.replicate();
  world.start();
  world.put("a", 1);
  world.time.run_for(1min);
  world.crash();
  world.put("lost", 1);
  world.time.run_for(25h);
  world.start();
  world.put("b", 1);
  world.time.run_for(2min);
  const auto status = world.status();
  EXPECT_EQ(status.gaps.size(), 1U);
  EXPECT_EQ(status.verdict.kind, report::verdict_kind::no_go);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::incomplete);
  EXPECT_EQ(status.events.unique, 2);
}

TEST(monitor_session, a_late_change_heals_its_mismatch) {
  monitor_world world;
  world.put("a", 1);
  world.start();
  std::vector<std::string> lines;
  log::divert([&](std::string_view line) { lines.emplace_back(line); });
  world.time.run_for(3min);
  log::divert(nullptr);
  EXPECT_THAT(lines, testing::Contains(testing::HasSubstr("event=mismatch kind=missing")));
  EXPECT_EQ(world.status().checks.failed, 1);
  world.target.put(monitor_world::table, monitor_world::item("a", 1));
  world.time.run_for(3min);
  EXPECT_EQ(world.status().checks.failed, 0);
  EXPECT_EQ(world.status().checks.healed, 1);
  EXPECT_TRUE(world.open_findings().empty());
  expect_identities(world.status());
}

TEST(monitor_session, a_change_that_is_not_read_yet_heals_no_mismatch) {
  monitor_world world;
  world.start();
  world.put("a", 1);
  world.time.run_for(2min);
  ASSERT_EQ(world.status().checks.failed, 1);
  world.target.put(monitor_world::table, monitor_world::item("a", 2));  // wrong in another way
  const auto begin = world.time.now();
  world.source.plan_faults([&](const support::fault_context& request) -> support::fault {
    const bool fails = request.operation == "GetRecords" && request.now < begin + 5min;
    return {.type = fails ? support::fault::kind::connection_reset : support::fault::kind::none};
  });
  world.put("a", 2);  // equal before anything has arrived
  world.time.run_for(5min);
  EXPECT_EQ(world.status().checks.healed, 0);
  world.time.run_for(1min);
  world.target.put(monitor_world::table, monitor_world::item("a", 1));  // the first put, late
  world.time.run_for(5min);
  EXPECT_THAT(world.open_findings(), ElementsAre(monitor_world::key("a") + " stale"));
  expect_identities(world.status());
}

TEST(monitor_session, a_finding_outside_the_sample_heals_only_by_what_the_source_holds_now) {
  monitor_world world;
  world.put("a", 1);
  world.start();
  world.time.run_for(2min);
  ASSERT_EQ(world.status().checks.failed, 1);
  ASSERT_TRUE(world.stop());
  world.crash();
  world.set_sample_rate(1'000'000'000);
  world.start();
  world.put("a", 2);  // nobody follows it
  world.target.put(monitor_world::table, monitor_world::item("a", 1));
  world.time.run_for(15min);
  EXPECT_THAT(world.open_findings(), ElementsAre(monitor_world::key("a") + " missing"));
  world.target.put(monitor_world::table, monitor_world::item("a", 2));
  world.time.run_for(11min);
  EXPECT_TRUE(world.open_findings().empty());
}

TEST(monitor_session, mismatches_too_many_to_hold_are_counted_and_heal_when_their_keys_pass) {
  monitor_world world;
  const auto hold_three = [](session_settings& settings) { settings.findings.open_max = 3; };
  world.start(hold_three);
  for (int i = 0; i < 20; ++i) {
    world.put("key" + std::to_string(i), 1);
  }
  world.time.run_for(5min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 20);
  world.crash();
  world.start(hold_three);
  EXPECT_EQ(world.status().mismatches.mismatches(), 20) << "after a restart too";
  for (int i = 0; i < 20; ++i) {
    world.put("key" + std::to_string(i), 2);
    world.target.put(monitor_world::table, monitor_world::item("key" + std::to_string(i), 2));
  }
  world.time.run_for(5min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 0);
  EXPECT_EQ(world.status().checks.healed, 20);
  EXPECT_EQ(world.open_findings(), std::vector<std::string>{});
  expect_identities(world.status());
}

TEST(monitor_session, mismatches_too_many_to_hold_count_once_when_they_are_confirmed_anew) {
  monitor_world world;
  world.start([](session_settings& settings) { settings.findings.open_max = 3; });
  for (int value = 1; value < 4; ++value) {
    for (int i = 0; i < 20; ++i) {
      world.put("key" + std::to_string(i), value);
    }
    world.time.run_for(5min);
    EXPECT_EQ(world.status().mismatches.mismatches(), 20);
    EXPECT_EQ(world.open_findings().size(), 20U);
    expect_identities(world.status());
  }
}

TEST(monitor_session, stores_below_which_number_every_change_has_an_outcome) {
  monitor_world world;
  world.start();
  world.put("arrives", 1);
  world.target.put(monitor_world::table, monitor_world::item("arrives", 1));
  world.time.run_for(20s);
  world.put("late", 2);
  world.time.run_for(20s);
  const auto shard = world.stored().shards.at(0);
  EXPECT_EQ(shard.resolved_sequence, shard.last_sequence) << "all below the open one";
  world.put("later", 3);
  world.time.run_for(20s);
  EXPECT_EQ(world.stored().shards.at(0).resolved_sequence, shard.last_sequence);
  EXPECT_NE(world.stored().shards.at(0).last_sequence, shard.last_sequence);
  world.time.run_for(5min);
  EXPECT_EQ(world.stored().shards.at(0).resolved_sequence,
            world.stored().shards.at(0).last_sequence)
      << "both are confirmed as missing";
}

TEST(monitor_session, a_changed_setting_begins_a_new_period) {
  monitor_world world;
  world.replicate();
  world.put("a", 1);
  world.start(until_caught_up);
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.status().checks.verified, 1);
  world.crash();
  world.start([](session_settings& settings) { settings.period.sample_rate = 10; });
  EXPECT_EQ(world.status().checks.verified, 0);
  world.crash();
}

TEST(monitor_session, a_check_made_with_other_ignored_attributes_asks_the_source_what_it_expects) {
  monitor_world world;
  world.replicate();
  world.start({}, {.ignored = "v"});
  world.time.run_for(20s);
  world.put("a", 1);
  world.time.run_for(3s);  // read and committed, and not looked at
  world.crash();
  world.start();
  world.time.run_for(45s);
  EXPECT_EQ(world.status().checks.verified, 1)
      << "its digest is of less than what is compared now: held against it, all would differ until "
         "the source has rested for a max-lag";
}

TEST(monitor_session, a_stream_that_refuses_for_a_whole_run_is_not_read) {
  monitor_world world;
  world.put("a", 1);
  world.source.plan_faults(support::fault_on(
      "GetRecords", {.type = support::fault::kind::throttle, .code = "LimitExceededException"}));
  world.start([](session_settings& settings) { settings.duration = 5s; });
  ASSERT_TRUE(world.wait_for_end());
  const auto status = world.status();
  EXPECT_EQ(status.shards.unanswered, 1U);
  EXPECT_FALSE(status.shards.behind && *status.shards.behind < 4s);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::incomplete);
}

TEST(monitor_session, ends_within_seconds_whatever_hangs) {
  for (const auto ends_itself : {false, true}) {
    monitor_world world;
    for (int i = 0; i < 50; ++i) {
      world.put(std::to_string(i), i);
    }
    const support::fault hangs{.type = support::fault::kind::timeout};
    world.target.plan_faults(support::fault_on("", hangs));
    world.start([&](session_settings& settings) {
      if (ends_itself) {
        settings.duration = 30s;
      }
    });
    world.time.run_for(29s);
    ASSERT_FALSE(world.ended());
    const auto asked = ends_itself ? world.time.now() + 1s : world.time.now();
    ASSERT_TRUE(ends_itself ? world.wait_for_end() : world.stop());
    EXPECT_LE(world.time.now() - asked, 6s);
    EXPECT_EQ(world.status().pending, 50) << "what was not answered stays open";
  }
}

TEST(monitor_session, ends_within_seconds_whatever_the_budget) {
  world_options options;
  options.read_units_per_second = 1;
  monitor_world world(options);
  for (int i = 0; i < 500; ++i) {
    world.put(std::to_string(i), i);
  }
  world.start();
  world.time.run_for(1min);
  const auto asked = world.time.now();
  ASSERT_TRUE(world.stop());
  EXPECT_LE(world.time.now() - asked, 2s);
}

TEST(monitor_session, a_missing_permission_ends_the_run_with_its_name) {
  monitor_world world;
  world.source.plan_faults(
      support::fault_on("GetRecords", {.type = support::fault::kind::access_denied}));
  world.start();
  const auto end = world.wait_for_end();
  ASSERT_FALSE(end);
  EXPECT_NE(end.error().describe().find("GetRecords"), std::string::npos);
}

}  // namespace
}  // namespace ddm::monitor
