// GO is true: sequences of ordinary events that once ended in GO while the tables differed, or
// never in it although all was well.
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::Contains;
using testing::HasSubstr;

void with_baseline(session_settings& settings) {
  settings.baseline.wanted = true;
  settings.baseline.after = 10s;
  settings.settle = 30s;
}

class go : public testing::Test {
 protected:
  void write_for(milliseconds duration) {
    for (const auto end = world_.time.now() + duration; world_.time.now() < end; ++written_) {
      world_.put(fmt::format("live{}", written_ % 50), written_);
      world_.time.run_for(100ms);
    }
  }
  /// Runs into GO.
  void reach_go() {
    world_.import_items(200);
    world_.replicate();
    world_.start(with_baseline);
    write_for(3min);
    ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
  }
  void start_frozen(wall_time at) {
    world_.start([at](session_settings& settings) {
      with_baseline(settings);
      settings.freeze_at = at;
    });
  }

  monitor_world world_{later_stream()};
  int written_ = 0;
};

TEST_F(go, survives_the_restart_with_a_freeze_that_the_cutover_asks_for) {
  reach_go();
  ASSERT_TRUE(world_.stop());
  world_.time.run_for(20s);
  start_frozen(world_.time.now() + 10s);
  write_for(10s);
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(go, a_writer_that_shows_itself_within_a_max_lag_after_the_freeze_is_a_no_go) {
  reach_go();
  ASSERT_TRUE(world_.stop());
  const auto freeze = world_.time.now() + 5s;
  start_frozen(freeze);
  world_.time.run_until(freeze + 50s);
  ASSERT_FALSE(world_.ended()) << "reading goes on for a max-lag";
  world_.put("forgotten", 1);
  ASSERT_TRUE(world_.wait_for_end());
  const auto status = world_.status();
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(status.verdict.reasons, Contains(HasSubstr("forgotten")));
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::incomplete);
}

TEST_F(go, a_write_that_an_earlier_process_read_is_held_against_a_freeze_before_it) {
  reach_go();
  const auto freeze = world_.time.now();
  world_.time.run_for(3s);
  world_.put("forgotten", 1);
  world_.time.run_for(10s);
  ASSERT_TRUE(world_.stop());
  start_frozen(freeze);
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(world_.status().verdict.reasons, Contains(HasSubstr("forgotten")));
  // A later freeze forgets it.
  start_frozen(world_.time.now());
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().writes_after_freeze, 0);
}

TEST_F(go, deletes_by_ttl_after_the_freeze_are_told_apart_from_writes) {
  reach_go();
  ASSERT_TRUE(world_.stop());
  world_.put("old", 1, to_ms(world_.time.now()) / 1000 + 10);
  const auto freeze = world_.time.now() + 5s;
  start_frozen(freeze);
  world_.time.run_until(freeze + 20s);
  for (auto* account : {&world_.source, &world_.target}) {
    account->table(world_.table).ttl_attribute = "ttl";
    account->table(world_.table).expire_items(world_.time.now());
  }
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().ttl_deletes_after_freeze, 1);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(go, is_not_the_last_word_of_a_run_that_leaves_checks_open) {
  reach_go();
  world_.target.settings().latency_min = world_.target.settings().latency_max = 1ms;
  world_.put("pending", 1);
  world_.time.run_for(2s);
  ASSERT_TRUE(world_.stop());
  const auto status = world_.status();
  ASSERT_GT(status.pending, 0);
  EXPECT_EQ(status.verdict.kind, verdict_kind::wait);
  EXPECT_THAT(status.verdict.reasons, Contains(HasSubstr("no outcome yet")));
  EXPECT_EQ(report::decide_exit(status, true), report::exit_code::incomplete);
}

TEST_F(go, comes_although_a_key_outside_the_sample_never_rested_during_the_comparison) {
  auto options = later_stream();
  options.sample_rate = 1'000'000'000;
  monitor_world world(options);
  const auto item = monitor_world::item("rest", 1);
  world.source.put(world.table, item);
  world.target.put(world.table, item);
  world.replicate({.delay_min = 3s, .delay_max = 3s});
  world.start([](session_settings& settings) {
    with_baseline(settings);
    settings.accept_sampled = true;
  });
  for (int i = 0; i < 400; ++i) {
    world.put("hot", i);
    world.time.run_for(1s);
  }
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::wait);
  world.time.run_for(5min);
  EXPECT_TRUE(world.status().baseline_complete) << "it rests, and was asked again";
  EXPECT_EQ(world.status().compared->progress.candidates_restless, 0);
}

TEST_F(go, is_withdrawn_while_a_key_that_never_rests_cannot_be_judged) {
  world_.import_items(200);
  world_.start(with_baseline);
  world_.time.run_for(3min);
  ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go);
  const auto earned = world_.status().well_for;
  // Nobody replicates it; more images a max-lag than are kept.
  for (const auto end = world_.time.now() + 150s; world_.time.now() < end;) {
    for (int i = 0; i < 11; ++i) {
      world_.put("hot", ++written_);
    }
    world_.time.run_for(100ms);
  }
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::wait);
  EXPECT_THAT(world_.status().verdict.reasons, Contains(HasSubstr("until it rests")));
  EXPECT_GE(world_.status().well_for, earned) << "what was earned is kept";
  world_.time.run_for(3min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go);
}

}  // namespace
}  // namespace ddm::monitor
