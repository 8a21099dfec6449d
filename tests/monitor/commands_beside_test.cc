// What `compare` on the same state commits, a running monitor knows within a minute.
#include "monitor/finding_news.h"
#include "monitor/findings_flow.h"
#include "monitor/monitor_world.h"
#include "monitor/unlisted_findings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;

constexpr auto* table = monitor_world::table;

class commands_beside : public testing::Test {
 protected:
  commands_beside() { world_.import_items(20); }
  void start_without_baseline() {
    world_.start([](session_settings& settings) { settings.settle = 10s; });
    world_.time.run_for(1min);
  }
  /// `compare` began just now, with the monitor's epoch.
  [[nodiscard]] compare::comparison_progress begun() const {
    return {.started_ms = to_ms(world_.time.now()),
            .segments = 1,
            .segments_done = 1,
            .parts = 1,
            .parts_joined = 1,
            .scanned = {.source_items = 20, .target_items = 20, .equal = 20},
            .epoch = 1};
  }
  void finish(compare::comparison_progress progress, state::commit_batch batch = {}) {
    progress.finished_ms = to_ms(world_.time.now());
    progress.save("compare", batch.numbers, batch.values);
    world_.commit_beside(std::move(batch));
  }

  monitor_world world_{later_stream()};
};

TEST_F(commands_beside, a_comparison_that_ends_counts_for_the_verdict) {
  start_without_baseline();
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::wait);
  const auto progress = begun();
  world_.time.run_for(10s);
  finish(progress);
  world_.time.run_for(1min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(commands_beside, one_that_has_not_ended_does_not_count) {
  start_without_baseline();
  state::commit_batch batch;
  begun().save("compare", batch.numbers, batch.values);
  world_.commit_beside(std::move(batch));
  world_.time.run_for(1min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::wait);
}

TEST_F(commands_beside, the_gaps_that_it_cured_are_cured_here) {
  start_without_baseline();
  const auto schema = world_.target.table(table).schema();
  world_.target.delete_table(table);
  world_.target.create_table(table, schema);
  for (int i = 0; i < 20; ++i) {
    world_.target.put(table, monitor_world::item(fmt::format("rest{:05}", i), i));
  }
  world_.time.run_for(2min);
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::no_go) << world_.reasons();
  const auto progress = begun();
  world_.time.run_for(10s);
  finish(progress, {.gaps_cured_before = progress.started()});
  world_.time.run_for(1min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(commands_beside, what_was_only_counted_is_forgotten_once_it_made_up_for_it) {
  world_.start([](session_settings& settings) {
    settings.settle = 10s;
    settings.findings.listed_max = 3;
  });
  world_.time.run_for(1min);
  for (int i = 0; i < 10; ++i) {
    world_.put(fmt::format("late{}", i), 1);
  }
  world_.time.run_for(5min);
  ASSERT_EQ(world_.status().unlisted.mismatches(), 7);
  for (int i = 0; i < 10; ++i) {
    world_.target.put(table, monitor_world::item(fmt::format("late{}", i), 1));
  }
  world_.time.run_for(5min);
  ASSERT_EQ(world_.status().mismatches.mismatches(), 0);
  ASSERT_EQ(world_.status().unlisted.mismatches(), 7);
  const auto progress = begun();
  world_.time.run_for(10s);
  finish(progress, {.gaps_cured_before = progress.started()});
  world_.time.run_for(1min);
  const auto now = world_.status();
  EXPECT_EQ(now.unlisted.mismatches(), 0);
  EXPECT_EQ(now.checks.failed, 0);
  EXPECT_EQ(now.checks.healed, 3);
  EXPECT_EQ(now.checks.left_to_baseline, 7) << "whether they healed, nobody knows";
  EXPECT_EQ(now.verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(commands_beside, what_it_could_only_count_is_known_here_until_a_comparison_makes_up_for_it) {
  start_without_baseline();
  const auto reason = unlisted_reason("compare");
  auto progress = begun();
  world_.time.run_for(10s);
  finish(progress,
         {.gaps_extended = {{.noticed = world_.time.now(), .reason = std::string(reason)}},
          .numbers = {{"findings.unlisted.compare.missing", 7}}});
  world_.time.run_for(1min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go) << world_.reasons();
  EXPECT_EQ(report::decide_exit(world_.status(), false), report::exit_code::mismatches);
  progress = begun();
  world_.commit_beside(
      {.gaps_extended = {{.noticed = world_.time.now() - 1ms, .reason = std::string(reason)}}});
  world_.time.run_for(10s);
  finish(progress, {.gaps_cured_before = progress.started()});
  world_.time.run_for(1min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(commands_beside, unreadable_items_that_it_could_only_count_are_no_mismatches) {
  start_without_baseline();
  world_.commit_beside({.gaps_extended = {{.noticed = world_.time.now(),
                                           .reason = std::string(unlisted_reason("compare"))}},
                        .numbers = {{"findings.unlisted.compare.unreadable", 3}}});
  world_.time.run_for(30s);
  EXPECT_EQ(report::decide_exit(world_.status(), false), report::exit_code::incomplete);
  ASSERT_TRUE(world_.stop());
  world_.start();
  EXPECT_EQ(report::decide_exit(world_.status(), false), report::exit_code::incomplete);
}

TEST_F(commands_beside, numbers_of_an_older_version_are_the_monitors_until_it_counts_anew) {
  start_without_baseline();
  ASSERT_TRUE(world_.stop());
  const auto counted = world_.time.now();
  world_.commit_beside(
      {.gaps_extended = {{.noticed = counted, .reason = std::string(unlisted_reason("monitor"))}},
       .numbers = {{"findings.unlisted.missing", 3},
                   {"findings.unlisted.expired", 2},
                   {"findings.unlisted_changes", 4},
                   {"findings.unlisted_last_ms", to_ms(counted)},
                   {"checks.failed", 4},
                   {"checks.sampled", 4}}});
  const auto with_no_room = [](session_settings& settings) { settings.findings.listed_max = 0; };
  world_.start(with_no_room);
  EXPECT_EQ(world_.status().unlisted.mismatches(), 3);
  EXPECT_EQ(world_.status().unlisted.of(verify::mismatch_kind::expired), 2);
  EXPECT_EQ(world_.status().checks.failed_unlisted, 4);
  world_.put("late", 1);
  world_.time.run_for(3min);
  world_.crash();
  world_.start(with_no_room);
  EXPECT_EQ(world_.status().unlisted.mismatches(), 4);
  EXPECT_EQ(world_.status().checks.failed_unlisted, 5);
  const auto progress = begun();
  world_.time.run_for(10s);
  finish(progress, {.gaps_cured_before = progress.started()});
  world_.time.run_for(30s);
  EXPECT_EQ(world_.status().unlisted.all(), 0);
  EXPECT_EQ(world_.status().checks.failed, 0);
  EXPECT_EQ(world_.status().checks.left_to_baseline, 5);
}

TEST_F(commands_beside, the_rate_of_an_interval_knows_no_cure) {
  world_.start([](session_settings& settings) {
    settings.findings.listed_max = 1;
    settings.stats_interval = 5min;
  });
  world_.time.run_for(30s);
  const auto lose = [&](int from, int until) {
    for (int i = from; i < until; ++i) {
      world_.put(fmt::format("late{}", i), 1);
    }
  };
  lose(0, 20);
  world_.time.run_for(275s);
  ASSERT_EQ(world_.status().success_interval, 0.0);
  const auto progress = begun();
  world_.time.run_for(5s);
  finish(progress, {.gaps_cured_before = progress.started()});
  world_.time.run_for(15s);
  ASSERT_EQ(world_.status().checks.left_to_baseline, 19);
  lose(20, 30);
  for (int i = 30; i < 40; ++i) {
    world_.put(fmt::format("late{}", i), 1);
    world_.target.put(table, monitor_world::item(fmt::format("late{}", i), 1));
  }
  world_.time.run_for(290s);
  EXPECT_EQ(world_.status().success_interval, 0.5);
  lose(40, 50);
  world_.time.run_for(300s);
  EXPECT_EQ(world_.status().success_interval, 0.0) << "what was verified before is not of this one";
}

TEST_F(commands_beside, keys_that_it_lists_after_they_were_only_counted_have_not_healed) {
  world_.start([](session_settings& settings) { settings.findings.listed_max = 1; });
  world_.time.run_for(1min);
  for (int i = 0; i < 3; ++i) {
    world_.put(fmt::format("late{}", i), 1);
  }
  world_.time.run_for(5min);
  ASSERT_EQ(world_.status().unlisted.mismatches(), 2);
  ASSERT_EQ(world_.status().checks.failed, 3);
  ASSERT_TRUE(world_.stop());
  // As `compare` does with more room: it lists both, and makes up for what was counted.
  verify::finding_book book({});
  ASSERT_TRUE(restore_findings(world_.stored(), book));
  for (const auto* name : {"late0", "late1", "late2"}) {
    verify::mismatch entry{.kind = verify::mismatch_kind::missing, .changes = 0};
    entry.key = *dynamodb::key_of(monitor_world::key(name), world_.decoding().schema,
                                  world_.decoding().secret);
    entry.comparison_ms = to_ms(world_.time.now());
    book.on_confirmed(std::move(entry), world_.time.now());
  }
  state::commit_batch batch{.gaps_cured_before = world_.time.now()};
  book.take_dirty(batch.mismatches, batch.finding_lines);
  world_.commit_beside(std::move(batch));
  world_.start();
  const auto now = world_.status();
  EXPECT_EQ(now.mismatches.mismatches(), 3);
  EXPECT_EQ(now.checks.healed, 0);
  EXPECT_EQ(now.checks.failed, 1);
  EXPECT_EQ(now.checks.left_to_baseline, 2);
  EXPECT_EQ(now.checks.sampled, 1);
}

TEST_F(commands_beside, what_it_healed_is_healed_here_and_counted_once) {
  start_without_baseline();
  world_.put("lost", 1);  // nobody replicates
  world_.time.run_for(5min);
  ASSERT_EQ(world_.status().mismatches.mismatches(), 1) << world_.reasons();
  world_.target.put(table, monitor_world::item("lost", 1));
  const auto progress = begun();
  // As `compare` does: from the state, and back into it.
  const auto stored = world_.stored();
  verify::finding_book book({});
  ASSERT_TRUE(restore_findings(stored, book));
  const auto& decoding = world_.decoding();
  const auto key = dynamodb::key_of(monitor_world::key("lost"), decoding.schema, decoding.secret);
  ASSERT_TRUE(book.on_passed(key->hash, world_.time.now()));
  state::commit_batch batch;
  book.take_dirty(batch.mismatches, batch.finding_lines);
  finish(progress, std::move(batch));
  world_.time.run_for(15s);  // the monitor itself looks at an open mismatch each minute
  const auto now = world_.status();
  EXPECT_EQ(now.mismatches.mismatches(), 0);
  EXPECT_EQ(now.checks.failed, 0);
  EXPECT_EQ(now.checks.healed, 1);
}

TEST_F(commands_beside, what_it_found_and_nobody_can_read_ends_the_run) {
  start_without_baseline();
  verify::finding_book book({});
  verify::mismatch entry{.kind = verify::mismatch_kind::missing, .changes = 0};
  entry.key = *dynamodb::key_of(monitor_world::key("rest00003"), world_.decoding().schema,
                                world_.decoding().secret);
  book.on_confirmed(std::move(entry), world_.time.now());
  state::commit_batch batch;
  book.take_dirty(batch.mismatches, batch.finding_lines);
  batch.mismatches.front().body = "{";
  world_.commit_beside(std::move(batch));
  world_.time.run_for(1min);
  EXPECT_TRUE(world_.ended());
  EXPECT_FALSE(world_.end());
}

TEST_F(commands_beside, the_last_word_hears_of_all_that_it_confirmed_however_much_it_healed) {
  world_.start([](session_settings& settings) {
    settings.settle = 10s;
    settings.baseline.wanted = true;
    settings.baseline.after = 10s;
  });
  world_.time.run_for(3min);
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
  verify::finding_book book({});
  const auto confirm = [&](const std::string& name) {
    verify::mismatch entry{.kind = verify::mismatch_kind::missing, .changes = 0};
    entry.key = *dynamodb::key_of(monitor_world::key(name), world_.decoding().schema,
                                  world_.decoding().secret);
    entry.comparison_ms = to_ms(world_.time.now());
    const auto hash = entry.key.hash;
    book.on_confirmed(std::move(entry), world_.time.now());
    return hash;
  };
  for (int i = 0; i < 300; ++i) {
    book.on_passed(confirm(fmt::format("wrong{}", i)), world_.time.now());
  }
  confirm("rest00003");
  state::commit_batch batch;
  book.take_dirty(batch.mismatches, batch.finding_lines);
  world_.commit_beside(std::move(batch));
  ASSERT_TRUE(world_.stop());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(report::decide_exit(world_.status(), true), report::exit_code::mismatches);
}

}  // namespace
}  // namespace ddm::monitor
