#include "monitor/stored_runs.h"

#include "monitor/compare_world.h"
#include "monitor/monitor_world.h"
#include "monitor/unlisted_findings.h"
#include "report/render.h"
#include "report/stored_status.h"
#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

void with_baseline(session_settings& settings) {
  settings.settle = 10s;
  settings.baseline.wanted = true;
  settings.baseline.after = 10s;
}

void bring_to_go(monitor_world& world) {
  world.import_items(20);
  world.start(with_baseline);
  world.time.run_for(10min);
  ASSERT_EQ(world.status().verdict.kind, verdict_kind::go) << world.reasons();
}

stored_run only_run(const state::snapshot& state, wall_time now, bool at_work = true) {
  const auto stored =
      stored_migration_of(state, now, [at_work](const std::string&, wall_time) { return at_work; });
  if (!stored || stored->runs.size() != 1) {
    throw std::runtime_error("one run is expected");
  }
  return stored->runs.front();
}

TEST(stored_runs, of_a_monitor_that_goes_on_tell_what_it_tells) {
  monitor_world world;
  world.import_items(20);
  world.put("lost", 1);
  world.start(with_baseline);
  world.time.run_for(10min + 2s);
  const auto run = only_run(world.stored(), world.time.now());
  EXPECT_EQ(run.command, "monitor");
  EXPECT_TRUE(run.goes_on());
  EXPECT_LE(run.age, 31s);
  EXPECT_FALSE(run.held);
  EXPECT_EQ(run.status.verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(run.status.verdict.reasons, world.status().verdict.reasons);
  EXPECT_EQ(run.status.mismatches.mismatches(), 1);
  EXPECT_THAT(run.status.newest, SizeIs(1));
}

/// What `change` makes of the status that the monitor has recorded.
template <class Change>
void change_recorded(state::snapshot& state, Change change) {
  auto& recorded = state.values.at("status.monitor");
  auto figures = report::decode_figures(recorded);
  ASSERT_TRUE(figures);
  change(*figures);
  recorded = report::encode_figures(*figures);
}

TEST(stored_runs, are_of_the_two_tables_of_the_state) {
  monitor_world world;
  world.start();
  world.time.run_for(1min);
  const auto stored = stored_migration_of(world.stored(), world.time.now(),
                                          [](const std::string&, wall_time) { return false; });
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->source, "source");
  EXPECT_EQ(stored->target, "target");
}

TEST(stored_runs, know_a_change_of_the_verdict_at_once) {
  monitor_world world;
  world.import_items(20);
  world.start(with_baseline);
  while (world.status().verdict.kind != verdict_kind::go) {
    world.time.run_for(1s);
  }
  world.time.run_for(3s);
  EXPECT_EQ(only_run(world.stored(), world.time.now()).status.verdict.kind, verdict_kind::go);
}

TEST(stored_runs, of_a_monitor_that_was_killed_at_go_are_no_go) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  const auto state = world.stored();
  world.crash();
  const auto killed = only_run(state, world.time.now(), false);
  EXPECT_FALSE(killed.goes_on());
  EXPECT_EQ(killed.status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(killed.status.verdict.reasons, Contains(HasSubstr("it was killed")));
  EXPECT_THAT(killed.status.verdict.reasons,
              Contains(testing::StartsWith("GO was held until 2026-")));
  ASSERT_TRUE(killed.held);
  EXPECT_EQ(killed.held->kind, verdict_kind::go);
  EXPECT_EQ(killed.held->until, killed.status.at);
  EXPECT_LT(killed.held->since, killed.held->until);
}

TEST(stored_runs, of_a_monitor_that_hangs_or_whose_clock_was_set_are_no_go) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  for (const auto off : {2min, -2min}) {
    const auto run = only_run(world.stored(), world.time.now() + off);
    EXPECT_FALSE(run.goes_on());
    EXPECT_EQ(run.status.verdict.kind, verdict_kind::wait);
    EXPECT_THAT(run.status.verdict.reasons, Contains(HasSubstr("hangs, or a clock was set")));
  }
}

TEST(stored_runs, of_a_monitor_that_gave_no_sign_for_a_minute_are_go_no_more) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  const auto state = world.stored();
  const auto said = only_run(state, world.time.now()).status.at;
  EXPECT_EQ(only_run(state, said + 30s).status.verdict.kind, verdict_kind::go);
  // What had been read up to some seconds before is by now older than a minute.
  const auto on_the_brink = only_run(state, said + 60s);
  EXPECT_TRUE(on_the_brink.goes_on());
  EXPECT_EQ(on_the_brink.status.verdict.kind, verdict_kind::wait);
  const auto later = only_run(state, said + 60s + 1ms);
  EXPECT_EQ(later.status.verdict.kind, verdict_kind::wait);
  EXPECT_TRUE(later.held);
}

TEST(stored_runs, that_are_told_later_stand_as_they_do_then) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto run = only_run(world.stored(), world.time.now());
  ASSERT_EQ(run.status.verdict.kind, verdict_kind::go);
  let_pass(run, 2s, true);
  EXPECT_EQ(run.status.verdict.kind, verdict_kind::go);
  EXPECT_FALSE(run.held);
  const auto unread = run.status.unread_for;
  let_pass(run, 2s, false);
  EXPECT_EQ(run.status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(run.status.verdict.reasons, Contains(HasSubstr("it was killed")));
  ASSERT_TRUE(run.held);
  EXPECT_EQ(run.held->until, run.status.at);
  EXPECT_EQ(run.status.unread_for, unread) << "a figure of the time that is named beside it";
  const auto reasons = run.status.verdict.reasons;
  let_pass(run, 2s, false);
  EXPECT_EQ(run.status.verdict.reasons, reasons);
}

TEST(stored_runs, that_are_told_later_are_older_then) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  const auto state = world.stored();
  auto run = only_run(state, only_run(state, world.time.now()).status.at + 10s);
  let_pass(run, 51s, true);
  EXPECT_EQ(run.age, 61s);
  EXPECT_FALSE(run.goes_on());
  EXPECT_TRUE(run.held);
}

TEST(stored_runs, that_are_at_work_after_all_hold_nothing_of_the_past) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto run = only_run(world.stored(), world.time.now(), false);
  ASSERT_TRUE(run.held);
  let_pass(run, 2s, true);
  EXPECT_FALSE(run.held);
  EXPECT_EQ(run.status.verdict.kind, verdict_kind::go);
}

TEST(stored_runs, repeat_no_reason) {
  monitor_world world;
  world.import_items(20);
  world.start(with_baseline);
  world.time.run_for(10min);
  world.source.plan_faults([](const support::fault_context&) {
    return support::fault{.type = support::fault::kind::server_error};
  });
  world.time.run_for(5min);
  const auto run = only_run(world.stored(), world.time.now());
  auto reasons = run.status.verdict.reasons;
  EXPECT_THAT(reasons, Not(IsEmpty()));
  std::ranges::sort(reasons);
  EXPECT_TRUE(std::ranges::adjacent_find(reasons) == reasons.end());
}

TEST(stored_runs, of_a_comparison_that_was_killed_before_its_last_word_have_not_ended) {
  compare_world world;
  world.put_both(compare_world::item("k", 1));
  world.compare();
  auto state = world.committed();
  auto last = report::decode_figures(state.values.at("status.compare"));
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->ended);
  last->ended = false;
  state.values["status.compare"] = report::encode_figures(*last);
  EXPECT_FALSE(only_run(state, world.time.now(), false).goes_on());
}

TEST(stored_runs, of_a_monitor_that_ended_at_go_say_that_nobody_watches) {
  monitor_world world;
  world.import_items(20);
  world.start(with_baseline);
  world.time.run_for(10min);
  ASSERT_TRUE(world.stop());
  const auto run = only_run(world.stored(), world.time.now() + 3h);
  EXPECT_TRUE(run.status.ended);
  EXPECT_FALSE(run.goes_on());
  EXPECT_EQ(run.status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(run.status.verdict.reasons, Contains(HasSubstr("the monitor ended at 2026-")));
  EXPECT_EQ(report::decide_exit(run.status, false), report::exit_code::equal);
}

TEST(stored_runs, of_a_comparison_that_ended_are_its_last_word) {
  compare_world world;
  for (int i = 0; i < 20; ++i) {
    world.put_both(compare_world::item("k" + std::to_string(i), i));
  }
  const auto last = world.compare();
  const auto run = only_run(world.committed(), world.time.now() + 72h);
  EXPECT_EQ(run.command, "compare");
  EXPECT_TRUE(run.status.ended);
  EXPECT_EQ(run.status.verdict.reasons, last.verdict.reasons);
  EXPECT_EQ(report::render_json(run.status), report::render_json(last));
}

TEST(stored_runs, know_at_once_what_others_have_found_and_repaired) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  ASSERT_EQ(only_run(state, world.time.now()).status.verdict.kind, verdict_kind::go);
  state.open_mismatches_by_kind.push_back(
      {.kind = "missing", .comparison_ms = 1, .rows = 2, .without_changes = 2});
  const auto found = only_run(state, world.time.now());
  EXPECT_EQ(found.status.verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(found.status.mismatches.mismatches(), 2);
  EXPECT_EQ(report::decide_exit(found.status, false), report::exit_code::mismatches);
  EXPECT_EQ(only_run(world.stored(), world.time.now()).status.verdict.kind, verdict_kind::go);
}

TEST(stored_runs, know_at_once_of_gaps_and_of_what_made_up_for_them) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  state.gaps = {{.shard_id = "s", .noticed = world.time.now(), .reason = "trimmed"}};
  EXPECT_EQ(only_run(state, world.time.now()).status.verdict.kind, verdict_kind::no_go);
  state.gaps.front().cured = true;
  EXPECT_EQ(only_run(state, world.time.now()).status.verdict.kind, verdict_kind::go);
}

TEST(stored_runs, know_at_once_what_each_command_has_only_counted) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  for (const std::string command : {"monitor", "compare"}) {
    state.numbers["findings.unlisted." + command + ".missing"] = command == "monitor" ? 2 : 3;
    state.numbers["findings.unlisted." + command + ".last_ms"] = to_ms(world.time.now());
    state.gaps.push_back(
        {.noticed = world.time.now(), .reason = std::string(unlisted_reason(command))});
  }
  const auto status = only_run(state, world.time.now()).status;
  EXPECT_EQ(status.unlisted.of(verify::mismatch_kind::missing), 5);
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
}

TEST(stored_runs, name_no_mismatch_once_others_have_found_or_repaired_some) {
  monitor_world world;
  world.import_items(20);
  world.put("lost", 1);
  world.start(with_baseline);
  world.time.run_for(10min + 2s);
  auto state = world.stored();
  const auto found = only_run(state, world.time.now()).status;
  EXPECT_THAT(found.newest, SizeIs(1));
  EXPECT_THAT(found.mismatch_groups, SizeIs(1));
  state.open_mismatches_by_kind.clear();
  const auto repaired = only_run(state, world.time.now()).status;
  EXPECT_THAT(repaired.newest, IsEmpty());
  EXPECT_THAT(repaired.mismatch_groups, IsEmpty());
}

TEST(stored_runs, hold_nothing_unhealable_against_it_that_another_command_has_healed) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  change_recorded(state, [](auto& figures) { figures.unhealable = 1; });
  EXPECT_EQ(only_run(state, world.time.now()).status.verdict.kind, verdict_kind::go);
}

TEST(stored_runs, say_since_when_they_stand_so) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  const auto go = only_run(state, world.time.now()).status;
  EXPECT_EQ(go.verdict_since, world.status().verdict_since);
  EXPECT_LT(go.verdict_since, go.at);
  state.gaps = {{.shard_id = "s", .noticed = world.time.now(), .reason = "trimmed"}};
  const auto no_go = only_run(state, world.time.now()).status;
  EXPECT_EQ(no_go.verdict_since, no_go.at);
}

TEST(stored_runs, of_a_sample_hold_a_go_of_that_sample) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  change_recorded(state, [](auto& figures) { figures.verdict.kind = verdict_kind::go_sampled; });
  const auto killed = only_run(state, world.time.now(), false);
  ASSERT_TRUE(killed.held);
  EXPECT_EQ(killed.held->kind, verdict_kind::go_sampled);
}

TEST(stored_runs, of_an_earlier_version_are_of_the_command_that_they_are_kept_for) {
  monitor_world world;
  world.start();
  world.time.run_for(1min);
  auto state = world.stored();
  change_recorded(state, [](auto& figures) { figures.about.command.clear(); });
  EXPECT_EQ(only_run(state, world.time.now()).status.about.command, "monitor");
}

TEST(stored_runs, are_go_only_where_the_run_said_so) {
  monitor_world world;
  ASSERT_NO_FATAL_FAILURE(bring_to_go(world));
  auto state = world.stored();
  change_recorded(state, [](auto& figures) { figures.verdict.kind = verdict_kind::no_go; });
  const auto run = only_run(state, world.time.now());
  EXPECT_EQ(run.status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(run.status.verdict.reasons, Contains(HasSubstr("the monitor has not judged yet")));
}

TEST(stored_runs, that_are_damaged_are_an_error) {
  state::snapshot state;
  const auto at_work = [](const std::string&, wall_time) { return true; };
  const auto none = stored_migration_of(state, from_ms(0), at_work);
  ASSERT_TRUE(none);
  EXPECT_THAT(none->runs, IsEmpty());
  for (const auto* damaged : {"{", R"({"follows_stream":false})"}) {
    state.values["status.monitor"] = damaged;
    EXPECT_FALSE(stored_migration_of(state, from_ms(0), at_work)) << damaged;
  }
}

}  // namespace
}  // namespace ddm::monitor
