// A run that is to end by itself ends, whatever the tables go through meanwhile.
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;

void with_baseline(session_settings& settings) {
  settings.baseline.wanted = true;
  settings.baseline.after = 10s;
  settings.settle = 30s;
}

/// The same, of a source that is frozen then, for a run that has to end with GO.
std::function<void(session_settings&)> frozen_at(wall_time freeze) {
  return [freeze](session_settings& settings) {
    with_baseline(settings);
    settings.freeze_at = freeze;
    settings.require_go = true;
  };
}

/// Until the run has ended, or for so long; what happens each 100 ms is told how many times it did.
template <class Step>
void live(monitor_world& world, milliseconds longest, Step step) {
  int done = 0;
  for (const auto end = world.time.now() + longest; world.time.now() < end && !world.ended();) {
    step(done++);
    world.time.run_for(100ms);
  }
}

TEST(end_of_a_run, comes_after_a_freeze_although_the_ttl_service_goes_on_deleting) {
  monitor_world world(later_stream());
  world.import_items(200);
  world.replicate();
  world.start(with_baseline);
  world.time.run_for(2min);
  ASSERT_EQ(world.status().verdict.kind, verdict_kind::go) << world.reasons();
  const auto began = to_ms(world.time.now()) / 1000;
  for (int i = 0; i < 6000; ++i) {
    world.put(fmt::format("old{}", i), i, began + 90 + i / 10);
    if (i % 100 == 0) {
      world.time.run_for(200ms);
    }
  }
  world.time.run_for(30s);
  ASSERT_TRUE(world.stop());
  const auto freeze = world.time.now();
  world.start([&](session_settings& settings) {
    with_baseline(settings);
    settings.freeze_at = freeze;
  });
  world.source.table(world.table).ttl_attribute = "ttl";
  live(world, 9min, [&](int) { world.source.table(world.table).expire_items(world.time.now()); });
  EXPECT_TRUE(world.ended()) << world.status().pending << " pending; " << world.reasons();
  EXPECT_GT(world.status().ttl_deletes_after_freeze, 0);
}

TEST(end_of_a_run, comes_although_a_key_that_nobody_replicates_never_rests) {
  for (const std::uint64_t sample_rate : {1'000'000'000ULL, 1ULL}) {
    monitor_world world(later_stream(sample_rate));
    world.import_items(200);
    world.start(
        [](session_settings& settings) {
          with_baseline(settings);
          settings.until_caught_up = true;
        },
        {.baseline_sample_rate = 1});
    live(world, 40min, [&](int i) { world.put("hot", i); });
    EXPECT_TRUE(world.ended()) << "1 in " << sample_rate << ": " << world.status().pending
                               << " pending; " << world.reasons();
    EXPECT_NE(world.status().verdict.kind, verdict_kind::go);
  }
}

TEST(end_of_a_run, comes_although_a_forgotten_writer_never_rests_after_the_freeze) {
  for (const std::uint64_t sample_rate : {1'000'000'000ULL, 1ULL}) {
    monitor_world world(later_stream(sample_rate));
    world.import_items(200);
    const auto freeze = world.time.now() + 3min;
    world.start(
        [&](session_settings& settings) {
          with_baseline(settings);
          settings.freeze_at = freeze;
        },
        {.baseline_sample_rate = 1});
    live(world, 40min, [&](int i) { world.put("hot", i); });
    EXPECT_TRUE(world.ended()) << "1 in " << sample_rate << ": " << world.status().pending
                               << " pending; " << world.reasons();
    EXPECT_EQ(world.status().verdict.kind, verdict_kind::no_go);
  }
}

TEST(end_of_a_run, comes_although_there_is_nothing_to_compare) {
  monitor_world world(later_stream());
  world.start([](session_settings& settings) {
    with_baseline(settings);
    settings.until_caught_up = true;
  });
  live(world, 40min, [](int) {});
  EXPECT_TRUE(world.ended()) << world.reasons();
  EXPECT_EQ(report::decide_exit(world.status(), false), report::exit_code::incomplete);
}

TEST(end_of_a_run, comes_although_a_gap_stays_that_no_comparison_makes_up_for) {
  monitor_world world(later_stream());
  world.import_items(200);
  world.replicate();
  world.start();
  world.put("a", 1);
  world.time.run_for(1min);
  world.crash();
  world.put("lost", 1);
  world.time.run_for(25h);
  world.start(
      [](session_settings& settings) {
        with_baseline(settings);
        settings.until_caught_up = true;
      },
      {.baseline_sample_rate = 10});  // looks at less than the monitor
  live(world, 40min, [](int) {});
  EXPECT_TRUE(world.ended()) << world.reasons();
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(report::decide_exit(world.status(), false), report::exit_code::incomplete);
}

/// A frozen run whose target is not described from before the freeze on, for so long.
report::status frozen_end_without_descriptions(milliseconds lasting) {
  monitor_world world(later_stream());
  world.import_items(200);
  world.replicate();
  const auto freeze = world.time.now() + 2min;
  world.start(frozen_at(freeze));
  const auto from = freeze - 10s;
  world.target.plan_faults([=](const support::fault_context& call) {
    const bool fails =
        call.operation == "DescribeTable" && call.now >= from && call.now < from + lasting;
    return fails ? support::fault{.type = support::fault::kind::server_error} : support::fault{};
  });
  live(world, 10min, [&](int i) {
    if (world.time.now() < freeze - 5s) {
      world.put("busy", i);
    }
  });
  EXPECT_TRUE(world.ended()) << world.reasons();
  return world.status();
}

TEST(end_of_a_run, waits_a_little_for_what_is_only_unknown) {
  EXPECT_EQ(frozen_end_without_descriptions(100s).verdict.kind, verdict_kind::go);
}

TEST(end_of_a_run, is_told_the_same_whenever_it_is_asked_for) {
  monitor_world world(later_stream());
  world.import_items(20);
  world.replicate();
  world.start([&](session_settings& settings) {
    with_baseline(settings);
    settings.freeze_at = world.time.now() + 2min;
  });
  live(world, 10min, [](int) {});
  ASSERT_TRUE(world.ended()) << world.reasons();
  ASSERT_EQ(world.status().verdict.kind, verdict_kind::go) << world.reasons();
  world.time.run_for(5min);
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::go) << world.reasons();
}

TEST(end_of_a_run, comes_although_something_stays_unknown) {
  EXPECT_EQ(frozen_end_without_descriptions(1h).verdict.kind, verdict_kind::wait);
}

TEST(end_of_a_run, comes_at_once_when_reading_is_not_permitted_any_more) {
  monitor_world world(later_stream());
  world.start([](session_settings&) {});
  world.time.run_for(10s);
  world.target.plan_faults(
      support::fault_on("BatchGetItem", {.type = support::fault::kind::access_denied}));
  world.put("a", 1);
  world.time.run_for(1min);
  ASSERT_TRUE(world.ended());
  EXPECT_EQ(world.stop().error().kind, error_class::access_denied);
}

TEST(end_of_a_run, that_no_go_can_come_of_waits_for_its_comparison) {
  auto options = later_stream();
  options.way = verify::direction::target_to_source;
  monitor_world world(options);
  world.import_items(200);
  world.start([](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.baseline.after = 10min;
    settings.until_caught_up = true;
    settings.settle = 1min;
  });
  live(world, 40min, [](int) {});
  EXPECT_TRUE(world.ended());
  EXPECT_TRUE(world.status().baseline_complete) << world.reasons();
}

/// A frozen run whose only shard is closed within the max-lag after the freeze, and a forgotten
/// writer to what follows it. How often, of 30 rounds, it ends with GO.
int go_over_a_forgotten_writer(
    const std::function<void(std::mt19937&, support::fake_stream::options&)>& hide,
    const std::function<void(support::fake_stream&, const std::string& shard, wall_time)>& close) {
  int go = 0;
  std::mt19937 random(5);
  for (std::uint64_t round = 1; round <= 30; ++round) {
    auto options = later_stream();
    options.max_lag = 20s;
    hide(random, options.stream);
    options.seed = round;
    monitor_world world(options);
    world.import_items(20);
    world.replicate();
    const auto freeze = world.time.now() + 2min;
    world.start(frozen_at(freeze));
    const auto closes = freeze + milliseconds{random() % 20'000};
    bool closed = false;
    live(world, 10min, [&](int i) {
      if (world.time.now() < freeze - 5s && i % 10 == 0) {
        world.put("busy", i);
      }
      if (!closed && world.time.now() >= closes) {
        closed = true;
        auto& stream = *world.source.streams().back();
        close(stream, stream.open_shards()[0], world.time.now());
        world.put("forgotten" + std::to_string(round), 1);
      }
    });
    EXPECT_TRUE(world.ended()) << round;
    go += world.status().verdict.kind == verdict_kind::go ? 1 : 0;
  }
  return go;
}

TEST(end_of_a_run, hears_a_forgotten_writer_in_a_child_that_is_listed_late) {
  const auto hide = [](std::mt19937& random, support::fake_stream::options& stream) {
    stream.children_listed_after = milliseconds{1'000 + random() % 14'000};
    stream.end_found_after = 2s + milliseconds{random() % 25'000};
  };
  const auto roll_over = [](support::fake_stream& stream, const std::string& shard, wall_time now) {
    stream.roll_over(shard, now);
  };
  EXPECT_EQ(go_over_a_forgotten_writer(hide, roll_over), 0);
}

TEST(end_of_a_run, hears_a_forgotten_writer_in_a_child_that_is_listed_after_its_sibling) {
  const auto hide = [](std::mt19937& random, support::fake_stream::options& stream) {
    stream.first_child_listed_after = milliseconds{1'000 + random() % 14'000};
  };
  const auto split = [](support::fake_stream& stream, const std::string& shard, wall_time now) {
    stream.split(shard, now);
  };
  EXPECT_EQ(go_over_a_forgotten_writer(hide, split), 0);
}

TEST(end_of_a_run, until_caught_up_reads_both_children_of_a_split_just_before_the_start) {
  for (std::uint64_t round = 1; round <= 40; ++round) {
    auto options = later_stream();
    options.first = stream::first_position::trim_horizon;
    options.max_lag = 5s;
    options.stream.first_child_listed_after = 12s;
    options.seed = round;
    monitor_world world(options);
    const bool resumed = round % 2 == 0;
    if (resumed) {
      world.start();
      world.time.run_for(1min);
    }
    world.time.run_for(5s);
    auto& stream = *world.source.streams().back();
    stream.split(stream.open_shards()[0], world.time.now());
    if (resumed) {
      world.time.run_for(2s);
      ASSERT_TRUE(world.stop());
    }
    world.put("lost" + std::to_string(round), 1);
    world.time.run_for(1s);
    world.start([](session_settings& settings) { settings.until_caught_up = true; });
    live(world, 10min, [](int) {});
    ASSERT_TRUE(world.ended());
    EXPECT_EQ(report::decide_exit(world.status(), false), report::exit_code::mismatches) << round;
  }
}

TEST(end_of_a_run, comes_no_later_where_our_clock_is_slow) {
  for (const auto ahead : {0s, 30s, 600s}) {
    auto options = later_stream();
    options.max_lag = 20s;
    monitor_world world(options);
    world.source.settings().clock_skew = ahead;
    world.target.settings().clock_skew = ahead;
    world.import_items(20);
    world.replicate();
    const auto freeze = world.time.now() + 2min;
    world.start([&](session_settings& settings) {
      with_baseline(settings);
      settings.freeze_at = freeze + ahead;  // as the service tells it
    });
    live(world, 30min, [](int) {});
    ASSERT_TRUE(world.ended());
    EXPECT_LT(world.ended_at() - freeze, 65s) << ahead.count();
  }
}

/// A probe that is refused, as the run ends, is no answer that the next one could follow at once.
TEST(end_of_a_run, comes_also_while_a_table_fails_whose_budget_is_used_up) {
  for (milliseconds after = 5s; after < 25s; after += 250ms) {
    world_options options;
    options.read_units_per_second = 0.5;
    monitor_world world(options);
    world.target.plan_faults(
        support::fault_on("BatchGetItem", {.type = support::fault::kind::connection_reset}));
    world.source.plan_faults(
        support::fault_on("GetRecords", {.type = support::fault::kind::none, .delay = 3s}));
    world.start();
    for (int i = 0; i < 20; ++i) {
      world.put("key" + std::to_string(i), i);
    }
    world.time.run_for(after);
    const auto asked = world.time.now();
    const auto ended = world.stop();
    ASSERT_LE(world.ended_at(), asked + 30s) << after.count() << (ended ? "" : ", with an error");
  }
}

TEST(end_of_a_run, comes_when_the_target_that_it_waited_for_turns_out_to_be_another_table) {
  world_options options;
  options.create_target = false;
  monitor_world world(options);
  world.start();
  world.time.run_for(1min);
  ASSERT_TRUE(world.running());
  world.target_failure = error{.kind = error_class::wrong_usage, .message = "other keys"};
  world.time.run_for(1min);
  ASSERT_TRUE(world.ended());
  ASSERT_FALSE(world.end());
  EXPECT_EQ(world.end().error().message, "other keys");
}

}  // namespace
}  // namespace ddm::monitor
