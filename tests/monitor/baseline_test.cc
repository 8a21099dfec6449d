// The comparison of items at rest beside the stream, and what it does to the verdict.
#include "monitor/evidence.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void with_baseline(session_settings& settings) { settings.baseline.wanted = true; }

void in_many_segments(session_settings& settings) {
  with_baseline(settings);
  settings.baseline.comparer.segments = 40;
}

void write_for(monitor_world& world, milliseconds duration, int keys = 500) {
  static std::mt19937_64 random(7);
  const auto end = world.time.now() + duration;
  for (int value = 0; world.time.now() < end; ++value) {
    world.put(fmt::format("live{}", random() % static_cast<unsigned>(keys)), value);
    world.time.run_for(100ms);
  }
}

TEST(baseline, starts_by_itself_and_leads_to_go_after_settling) {
  monitor_world world(later_stream());
  world.import_items(2000);
  world.replicate();
  world.start(with_baseline);
  write_for(world, 30s);
  EXPECT_FALSE(world.status().compared) << "replication has not been caught up for long enough";
  write_for(world, 2min);
  auto status = world.status();
  ASSERT_TRUE(status.compared);
  EXPECT_EQ(status.compared->progress.segments_done, 8);
  EXPECT_EQ(status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(status.verdict.reasons, ElementsAre(HasSubstr("all has been well for")));
  write_for(world, 6min);
  status = world.status();
  EXPECT_EQ(status.verdict.kind, verdict_kind::go);
  EXPECT_EQ(status.phase, report::phase::steady);
  EXPECT_THAT(world.open_findings(), IsEmpty());
  EXPECT_EQ(status.checks.sampled, status.events.unique) << "candidates are no changes";
}

TEST(baseline, counts_from_when_the_target_is_known_to_be_there) {
  world_options options;
  options.create_target = false;
  monitor_world world(options);
  world.start();
  world.time.run_for(1min);
  world.target.create_table(monitor_world::table, options.schema);
  // A `compare` that begins now sees the target; a change is still left to a comparison.
  EXPECT_EQ(evidence_book::epoch_of(world.stored()), 0);
  world.time.run_for(30s);
  EXPECT_EQ(evidence_book::epoch_of(world.stored()), 1);
}

TEST(baseline, is_the_phase_for_as_long_as_it_lasts) {
  monitor_world world(later_stream());
  world.import_items(500);
  world.target.remove(world.table, monitor_world::key("rest00017"));
  world.replicate();
  world.start(with_baseline);
  world.time.run_until([&] { return world.status().compared.has_value(); });
  EXPECT_EQ(world.status().phase, report::phase::baseline);
  world.time.run_for(30s);
  ASSERT_TRUE(world.status().compared->progress.all_joined());
  EXPECT_EQ(world.status().phase, report::phase::baseline) << "a key is still being judged";
  world.time.run_for(3min);
  EXPECT_TRUE(world.status().baseline_complete);
  EXPECT_EQ(world.status().phase, report::phase::steady);
}

TEST(baseline, finds_what_no_change_would_ever_show) {
  monitor_world world(later_stream());
  world.import_items(1000);
  world.target.remove(world.table, monitor_world::key("rest00017"));
  world.target.put(world.table, monitor_world::item("rest00018", -1));
  world.target.put(world.table, monitor_world::item("stray", 1));
  world.replicate();
  world.start(with_baseline);
  write_for(world, 8min);
  EXPECT_THAT(world.open_findings(),
              ElementsAre(HasSubstr("rest00017\"}} missing"), HasSubstr("rest00018\"}} different"),
                          HasSubstr("stray\"}} unexpected")));
  const auto status = world.status();
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(status.checks.failed, 0) << "no change failed";
  EXPECT_EQ(status.checks.sampled, status.checks.verified + status.checks.superseded +
                                       status.pending + status.checks.deferred);
  world.target.put(world.table, monitor_world::item("rest00017", 17));
  world.target.put(world.table, monitor_world::item("rest00018", 18));
  world.target.remove(world.table, monitor_world::key("stray"));
  write_for(world, 8min);
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::go) << "healed, and well for long enough";
}

TEST(baseline, candidates_wait_for_room_in_memory) {
  auto options = later_stream();
  options.memory_bytes_max = 60'000;
  monitor_world world(options);
  world.import_items(600);
  for (int i = 0; i < 600; ++i) {
    world.target.remove(world.table, monitor_world::key(fmt::format("rest{:05}", i)));
  }
  world.start(with_baseline);
  std::uint64_t most = 0;
  for (int second = 0; second < 1'500; ++second) {
    world.time.run_for(1s);
    most = std::max(most, world.status().check_bytes);
  }
  EXPECT_GT(most, 40'000);
  EXPECT_LE(most, 60'000);
  EXPECT_EQ(world.status().mismatches.mismatches(), 600);
}

TEST(baseline, without_the_flag_there_is_none_and_no_go) {
  monitor_world world(later_stream());
  world.import_items(100);
  world.replicate();
  world.start();
  write_for(world, 10min);
  EXPECT_FALSE(world.status().compared);
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::wait);
}

TEST(baseline, goes_on_after_a_crash_and_stays_complete_after_another) {
  monitor_world world(later_stream());
  world.import_items(2000);
  world.target.settings().latency_min = world.target.settings().latency_max = 2s;
  world.replicate();
  world.start(in_many_segments);
  write_for(world, 75s);
  ASSERT_TRUE(world.status().compared);
  ASSERT_FALSE(world.status().compared->progress.finished());
  world.crash();
  world.start(in_many_segments);
  write_for(world, 10s);
  ASSERT_TRUE(world.status().compared) << "an unfinished one need not wait again";
  EXPECT_EQ(world.status().compared->progress.attempt, 2);
  write_for(world, 3min);
  EXPECT_TRUE(world.status().baseline_complete);
  EXPECT_GE(world.status().compared->keys(), 2000);
  world.crash();
  world.start(in_many_segments);
  write_for(world, 5s);
  EXPECT_TRUE(world.status().baseline_complete);
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::wait)
      << "it has not been well for long enough";
}

TEST(baseline, begins_anew_where_its_leftovers_did_not_come_with_the_state) {
  monitor_world world(later_stream());
  world.import_items(2000);
  // What only one side holds is left over.
  for (int i = 7; i < 2000; i += 50) {
    world.target.remove(world.table, monitor_world::key(fmt::format("rest{:05}", i)));
  }
  world.target.settings().latency_min = world.target.settings().latency_max = 2s;
  world.replicate();
  world.start(in_many_segments);
  write_for(world, 75s);
  ASSERT_TRUE(world.status().compared);
  ASSERT_FALSE(world.status().compared->progress.all_scanned());
  ASSERT_GT(world.status().compared->progress.leftover_bytes, 0);
  world.crash();
  world.start([&](session_settings& settings) {
    in_many_segments(settings);
    settings.baseline.comparer.leftover_path += ".elsewhere";
  });
  write_for(world, 5min);
  EXPECT_TRUE(world.status().troubles.empty());
  EXPECT_TRUE(world.status().baseline_complete);
  EXPECT_EQ(world.status().compared->progress.attempt, 1);
  EXPECT_THAT(world.open_findings(), Contains(HasSubstr("rest00007")));
}

TEST(baseline, until_caught_up_ends_after_settling) {
  monitor_world world(later_stream());
  world.import_items(500);
  world.replicate();
  const auto began = world.time.now();
  world.start([](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.until_caught_up = true;
    settings.settle = 2min;
  });
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::go);
  EXPECT_EQ(report::decide_exit(world.status(), true), report::exit_code::equal);
  EXPECT_GT(world.time.now() - began, 3min);
  EXPECT_LT(world.time.now() - began, 5min);
}

TEST(baseline, until_caught_up_ends_though_something_is_wrong) {
  monitor_world world(later_stream());
  world.import_items(500);
  world.target.remove(world.table, monitor_world::key("rest00017"));
  world.replicate();
  world.start([](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.until_caught_up = true;
    settings.settle = 2min;
  });
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(report::decide_exit(world.status(), false), report::exit_code::mismatches);
}

TEST(baseline, what_was_earned_before_the_freeze_is_kept_while_the_rest_drains) {
  for (const bool long_enough : {true, false}) {
    monitor_world world(later_stream());
    world.import_items(500);
    world.replicate();
    const auto freeze = world.time.now() + (long_enough ? 10min : 4min);
    world.start([&](session_settings& settings) {
      settings.baseline.wanted = true;
      settings.freeze_at = freeze;
    });
    write_for(world, freeze - world.time.now());
    ASSERT_TRUE(world.wait_for_end());
    const auto status = world.status();
    EXPECT_EQ(status.verdict.kind, long_enough ? verdict_kind::go : verdict_kind::wait);
    if (!long_enough) {
      EXPECT_THAT(status.verdict.reasons, Contains(HasSubstr("before the freeze")));
    }
  }
}

TEST(baseline, a_sample_leads_to_go_sampled_unless_that_is_accepted) {
  for (const bool accept : {false, true}) {
    auto options = later_stream();
    options.sample_rate = 4;
    monitor_world world(options);
    world.import_items(500);
    world.replicate();
    world.start([&](session_settings& settings) {
      settings.baseline.wanted = true;
      settings.accept_sampled = accept;
    });
    write_for(world, 9min);
    EXPECT_EQ(world.status().verdict.kind, accept ? verdict_kind::go : verdict_kind::go_sampled);
  }
}

TEST(baseline, waits_while_replication_is_behind) {
  monitor_world world(later_stream());
  world.import_items(500);
  auto& replication = world.replicate();
  replication.stall(world.time.now() + 10s, world.time.now() + 10min);
  world.start([](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.baseline.after = 5min;
  });
  for (int i = 0; i < 5000; ++i) {
    world.put(fmt::format("late{}", i), i);
    world.time.run_for(100ms);
  }
  EXPECT_EQ(world.status().phase, report::phase::catching_up);
  EXPECT_FALSE(world.status().compared);
  write_for(world, 15min);
  EXPECT_TRUE(world.status().baseline_complete);
  EXPECT_THAT(world.open_findings(), IsEmpty());
}

TEST(baseline, a_missing_permission_to_scan_ends_no_monitor) {
  monitor_world world(later_stream());
  world.import_items(500);
  world.target.plan_faults(
      support::fault_on("Scan", {.type = support::fault::kind::access_denied}));
  world.replicate();
  world.start(with_baseline);
  write_for(world, 9min);
  ASSERT_FALSE(world.ended());
  const auto status = world.status();
  EXPECT_EQ(status.phase, report::phase::steady);
  EXPECT_EQ(status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(status.verdict.reasons, Contains(HasSubstr("items at rest cannot be compared")));
  EXPECT_GT(status.checks.verified, 1000);
  const auto end = world.stop();
  ASSERT_FALSE(end) << "a new start tries again";
  EXPECT_EQ(end.error().kind, error_class::access_denied);
}

TEST(baseline, a_later_gap_is_cured_by_another_one) {
  monitor_world world(later_stream());
  world.import_items(500);
  world.replicate();
  world.start(with_baseline);
  write_for(world, 8min);
  ASSERT_EQ(world.status().verdict.kind, verdict_kind::go);
  world.crash();
  world.put("while it was down", 1);
  world.time.run_for(26h);
  world.start(with_baseline);
  write_for(world, 30s);
  ASSERT_EQ(world.status().verdict.kind, verdict_kind::no_go);
  ASSERT_FALSE(world.status().gaps.empty());
  write_for(world, 9min);
  const auto status = world.status();
  EXPECT_TRUE(status.gaps.front().cured);
  EXPECT_EQ(status.verdict.kind, verdict_kind::go);
}

/// Nobody reads the stream, so no change of the key takes the comparison's question over.
TEST(baseline, tells_of_a_candidate_that_changes_at_each_look) {
  monitor_world world(later_stream());
  world.import_items(50);
  world.target.put(monitor_world::table, monitor_world::item("rest00001", -1));
  world.start(with_baseline);
  world.time.run_for(15s);
  world.source.plan_faults([](const support::fault_context& call) -> support::fault {
    const bool fails = call.operation == "GetRecords";
    return {.type = fails ? support::fault::kind::server_error : support::fault::kind::none};
  });
  for (int second = 0; second < 300; ++second) {
    world.put("rest00001", second);
    world.time.run_for(1s);
  }
  EXPECT_EQ(world.status().restless_candidates, 1);
}

}  // namespace
}  // namespace ddm::monitor
