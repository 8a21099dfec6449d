// GO is true: sequences of ordinary events that an adversarial review found beside those of
// go_test.cc (docs/adversarial_review.md).
#include "monitor/compare_world.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sys/resource.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::Contains;
using testing::HasSubstr;

constexpr auto table = monitor_world::table;

void with_baseline(session_settings& settings) {
  settings.baseline.wanted = true;
  settings.baseline.after = 10s;
  settings.settle = 30s;
}

class go_sequences : public testing::Test {
 protected:
  void reach_go() {
    world_.import_items(200);
    world_.replicate();
    world_.start(with_baseline);
    for (int i = 0; i < 1800; ++i) {
      world_.put(fmt::format("live{}", i % 50), i);
      world_.time.run_for(100ms);
    }
    ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
  }
  void start_frozen(wall_time at, const process_options& how = {}) {
    world_.start(
        [at](session_settings& settings) {
          with_baseline(settings);
          settings.freeze_at = at;
          settings.require_go = true;
        },
        how);
  }

  monitor_world world_{later_stream()};
};

// Frozen, every key compared, GO; then the target is imported anew, and only 1 key in 10 of it is
// compared. That cures the gap of what is checked, and the comparison of the old table must not
// speak for the rest of the new one.
TEST_F(go_sequences, a_comparison_of_a_table_that_is_no_more_does_not_suffice_at_rest) {
  world_.import_items(200);
  const auto freeze = world_.time.now();
  start_frozen(freeze, {.sample_rate = 10, .baseline_sample_rate = 1, .ignored = {}});
  ASSERT_TRUE(world_.wait_for_end());
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();

  const auto decoding = world_.decoding();
  ASSERT_EQ(decoding.sample.rate, 10);
  world_.target.delete_table(table);
  world_.target.create_table(table, decoding.schema);
  int missing = 0;
  for (int i = 0; i < 200; ++i) {
    const auto name = fmt::format("rest{:05}", i);
    const auto key = dynamodb::key_of(monitor_world::key(name), decoding.schema, decoding.secret);
    if (decoding.sample.chooses(key->hash)) {
      world_.target.put(table, monitor_world::item(name, i));
    } else {
      ++missing;
    }
  }
  ASSERT_GT(missing, 100);
  start_frozen(freeze, {.sample_rate = 10, .baseline_sample_rate = 10, .ignored = {}});
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go_sampled) << world_.reasons();
}

// A key was not judged, as its target item changed all the time: the comparison is not complete,
// and makes up for nothing that left the stream.
TEST_F(go_sequences, a_comparison_that_left_keys_unjudged_cures_no_gap) {
  compare_world world;
  world.source.put(table, compare_world::item("hot", -1));
  world.target.put(table, compare_world::item("hot", 0));
  state::commit_batch batch;
  batch.gaps = {{.shard_id = "early", .noticed = world.time.now() - 1h}};
  world.start();
  world.commit(std::move(batch));
  world.crash();
  world.start();
  for (int i = 1; i < 3600 && !world.ended(); ++i) {
    world.target.put(table, compare_world::item("hot", i));
    world.time.run_for(1s);
  }
  ASSERT_TRUE(world.ended());
  ASSERT_EQ(world.status().compared->progress.candidates_restless, 1);
  ASSERT_EQ(world.committed().gaps.size(), 1);
  EXPECT_FALSE(world.committed().gaps[0].cured);
}

// Our clock is 3 min fast, within what the service accepts: a freeze is a moment of the service's
// clock, and the forgotten writer shows himself 20 s after it.
TEST_F(go_sequences, a_freeze_is_waited_for_by_the_services_clock_also_when_ours_is_fast) {
  for (auto* account : {&world_.source, &world_.target}) {
    account->settings().clock_skew = -3min;
  }
  reach_go();
  ASSERT_TRUE(world_.stop());
  const auto freeze = world_.time.now() - 3min + 5s;
  start_frozen(freeze);
  world_.time.run_for(25s);
  EXPECT_FALSE(world_.ended()) << "it is 20 s after the freeze";
  world_.put("forgotten", 1);
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go) << world_.reasons();
  EXPECT_THAT(world_.status().verdict.reasons, Contains(HasSubstr("forgotten")));
}

// Our clock is 3 min slow, within what the service accepts: a change is as old as it is, and a
// table that is always written to becomes GO.
TEST_F(go_sequences, comes_on_a_busy_table_also_when_our_clock_is_slow) {
  for (auto* account : {&world_.source, &world_.target}) {
    account->settings().clock_skew = 3min;
  }
  reach_go();
}

// The machine is paused while a change is on its way that never arrives: the pause counts.
TEST_F(go_sequences, is_gone_after_a_pause_in_which_a_change_did_not_arrive) {
  reach_go();
  world_.put("lost", 1);
  world_.time.run_for(3s);
  world_.target.remove(table, monitor_world::key("lost"));  // as if it had not come
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
  for (auto* account : {&world_.source, &world_.target}) {
    account->settings().clock_skew = 10min;
  }
  world_.time.run_for(10s);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::wait);
  EXPECT_GT(world_.status().late.unmet + world_.status().late.unlooked, 0) << world_.reasons();
}

// And the comparison that began before the freeze, by the service's clock, is none of all at rest.
TEST_F(go_sequences,
       a_comparison_before_the_freeze_does_not_suffice_at_rest_when_our_clock_is_fast) {
  for (auto* account : {&world_.source, &world_.target}) {
    account->settings().clock_skew = -3min;
  }
  world_.import_items(200);
  const auto freeze = world_.time.now() - 2min;  // in a minute
  world_.start(
      [freeze](session_settings& settings) {
        with_baseline(settings);
        settings.freeze_at = freeze;
      },
      {.sample_rate = 1'000'000, .baseline_sample_rate = 1, .ignored = {}});
  world_.time.run_for(30s);
  ASSERT_TRUE(world_.status().baseline_complete);
  for (int i = 0; i < 20; ++i) {
    world_.put(fmt::format("lost{}", i), i);  // before the freeze; nobody replicates
  }
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_NE(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

// `compare` on the same state, beside the monitor, confirms a mismatch: GO must not stay on.
TEST_F(go_sequences, what_a_comparison_beside_the_monitor_confirms_is_a_no_go_at_once) {
  reach_go();
  const auto name = std::string("rest00007");
  world_.target.put(table, monitor_world::item(name, -1));  // by somebody else
  const auto& decoding = world_.decoding();
  verify::finding_book book({});
  verify::mismatch entry{.kind = verify::mismatch_kind::different};
  entry.key = *dynamodb::key_of(monitor_world::key(name), decoding.schema, decoding.secret);
  book.on_confirmed(std::move(entry), world_.time.now());
  state::commit_batch batch;
  book.take_dirty(batch.mismatches, batch.finding_lines);
  world_.commit_beside(std::move(batch));
  world_.time.run_for(30s);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go) << world_.reasons();
  EXPECT_EQ(world_.status().mismatches.mismatches(), 1);
  world_.target.put(table, monitor_world::item(name, 7));
  world_.time.run_for(3min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

// The clock was an hour fast when a comparison began, and was set right; then the target was
// replaced. The comparison goes on where it was, and did not begin after the gap, whatever its time
// says.
TEST_F(go_sequences,
       a_comparison_that_began_before_a_gap_by_a_clock_that_was_fast_does_not_cure_it) {
  world_.import_items(200);
  world_.start(with_baseline);
  world_.time.run_until([this] {
    const auto& compared = world_.status().compared;
    return compared && compared->progress.segments_done > 0;
  });
  world_.time.run_for(2s);
  world_.crash();
  state::commit_batch batch;
  batch.numbers.emplace("comparison.monitor.started_ms", to_ms(world_.time.now() + 1h));
  batch.numbers.emplace("comparison.monitor.finished_ms", 0);
  world_.commit_beside(std::move(batch));
  const auto schema = world_.target.table(table).schema();
  world_.target.delete_table(table);
  world_.target.create_table(table, schema);
  world_.start(with_baseline);
  world_.time.run_for(10min);
  ASSERT_EQ(world_.status().gaps.size(), 1);
  EXPECT_FALSE(world_.status().gaps[0].cured);
}

// The target was imported anew once, which is told and cured. Then the stream is turned off and on
// again: the gap of a table must not be taken for the gap of that time, which is still to be told.
TEST_F(go_sequences, a_gap_of_a_replaced_table_does_not_stand_for_the_time_the_stream_was_off) {
  reach_go();
  world_.time.run_for(2min);
  const auto schema = world_.target.table(table).schema();
  const auto items = world_.source.table(table).item_count();
  world_.target.delete_table(table);
  world_.target.create_table(table, schema);
  for (int i = 0; i < 200; ++i) {
    world_.target.put(table, monitor_world::item(fmt::format("rest{:05}", i), i));
  }
  for (int i = 0; i < 50; ++i) {
    world_.target.put(table,
                      *world_.source.get(table, monitor_world::key(fmt::format("live{}", i))));
  }
  ASSERT_EQ(world_.target.table(table).item_count(), items);
  world_.time.run_for(5min);
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
  ASSERT_TRUE(world_.stop());
  world_.start(with_baseline);
  world_.time.run_for(2min);
  world_.source.disable_stream(table);
  world_.time.run_for(1min);
  world_.put("lost", 1);
  world_.time.run_for(1min);
  world_.target.remove(table, monitor_world::key("lost"));  // the replicator needs no stream
  world_.source.enable_stream(table, "NEW_AND_OLD_IMAGES");
  world_.time.run_for(20min);
  EXPECT_EQ(world_.status().gaps.size(), 2);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go) << world_.reasons();
}

// The comparison ended just before the freeze: --settle was not earned, and never can be any more.
// A comparison after the freeze tells all that there is to know.
TEST_F(go_sequences, comes_after_a_freeze_that_left_no_time_to_settle) {
  world_.import_items(200);
  world_.replicate();
  start_frozen(world_.time.now() + 25s);
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

// Items past their TTL were not imported, as the source was to delete them anyway. Then TTL is
// turned off for the cutover: they stay in the source and are missing in the target.
TEST_F(go_sequences, does_not_call_expired_what_nobody_deletes_any_more) {
  world_.import_items(200);
  const auto past = to_ms(world_.time.now()) / 1000 - 3600;
  world_.source.put(table, monitor_world::item("due", 1, past));
  world_.time.run_for(10s);  // before the stream is read
  world_.start(with_baseline);
  world_.time.run_for(5min);
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
  ASSERT_EQ(world_.status().mismatches.of(verify::mismatch_kind::expired), 1);
  ASSERT_TRUE(world_.stop());
  world_.start(with_baseline,
               {.sample_rate = {}, .baseline_sample_rate = {}, .ignored = {}, .ttl = false});
  world_.time.run_for(5min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::wait) << world_.reasons();
}

// No disk space any more, in the middle of a GO: the last report of the run is none.
TEST_F(go_sequences, is_not_the_last_word_of_a_run_that_failed) {
  reach_go();
  world_.time.run_for(3min);
  ASSERT_EQ(world_.status().pending, 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit none = before;
  none.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  const auto ended = world_.wait_for_end();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(ended);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::wait) << world_.reasons();
  EXPECT_EQ(report::decide_exit(world_.status(), true), report::exit_code::incomplete);
}

}  // namespace
}  // namespace ddm::monitor
