// The numbers of a status add up in each second, whatever happens; and each rate is of one
// population.
#include "monitor/sums.h"

#include "monitor/compare_world.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

void with_baseline(session_settings& settings) { settings.baseline.wanted = true; }

/// Asks a world each second.
template <class World>
class each_second {
 public:
  explicit each_second(World& world) : world_(world) {}

  void run_for(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      world_.time.run_for(1s);
      look();
    }
  }
  void look() {
    const auto now = world_.status();
    ASSERT_THAT(broken_shown_sums(now), IsEmpty()) << format_rfc3339(now.at);
    ASSERT_THAT(items_.fallen(now), IsEmpty()) << format_rfc3339(now.at);
  }
  void restarted() { items_.restart(); }

 private:
  World& world_;
  item_counts items_;
};

std::uint64_t keys_of(const std::optional<report::success>& of) { return of ? of->keys : 0; }

TEST(sums, hold_with_mismatches_and_moving_keys_beside_a_baseline_and_over_restarts) {
  monitor_world world(later_stream());
  world.import_items(1500);
  for (int i = 0; i < 1500; i += 50) {
    world.target.remove(world.table, monitor_world::key(fmt::format("rest{:05}", i)));
  }
  world.target.settings().latency_min = world.target.settings().latency_max = 2s;
  world.target.settings().scan_repeats_rate = 0.3;
  auto& replicator = world.replicate();
  const auto in_segments = [](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.baseline.comparer.segments = 40;
  };
  world.start(in_segments);
  each_second look(world);
  int value = 0;
  // Keys that the comparison finds missing change while it judges them.
  const auto traffic = [&](std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      for (int i = 0; i < 4; ++i) {
        if (world.status().compared) {
          world.put(fmt::format("rest{:05}", value % 30 * 50), value);
        }
        world.put(fmt::format("live{:05}", value % 7), value);
        ++value;
      }
      look.run_for(1s);
    }
  };
  const auto has_read_some = [&] {
    const auto shown = world.status().compared;
    return shown && shown->progress.segments_done > 0;
  };
  for (int second = 0; second < 300 && !has_read_some(); ++second) {
    traffic(1s);
  }
  ASSERT_TRUE(has_read_some());
  ASSERT_FALSE(world.status().compared->progress.finished());
  ASSERT_TRUE(world.stop());
  look.look();
  const auto stopped = world.status();
  world.start(in_segments);
  look.restarted();
  look.look();
  EXPECT_EQ(world.status().compared->progress.segments_done,
            stopped.compared->progress.segments_done)
      << "shown before it goes on";
  traffic(20s);
  world.crash();
  world.start(in_segments);
  look.restarted();
  traffic(4min);
  EXPECT_GT(world.status().compared->progress.candidates_changed(), 0);
  (void)replicator;
}

TEST(sums, hold_when_settings_change_and_mismatches_heal) {
  monitor_world world(later_stream());
  world.import_items(300);
  world.target.remove(world.table, monitor_world::key("rest00007"));
  world.start(with_baseline);
  each_second look(world);
  look.run_for(3min);
  for (int i = 0; i < 40; ++i) {
    world.put(fmt::format("rest{:05}", i), i + 1000);
  }
  look.run_for(3min);
  const auto before = world.status();
  EXPECT_EQ(keys_of(before.success_of_changes), 40);
  EXPECT_EQ(before.success_of_changes->wrong, 40);
  EXPECT_EQ(before.mismatches.at_rest_alone, 0) << "its key has changed since";
  ASSERT_TRUE(world.stop());
  world.start([](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.period.max_lag_ms += 1;
  });
  look.restarted();
  look.look();
  EXPECT_EQ(world.status().checks.failed, 40) << "still open";
  EXPECT_FALSE(world.status().success_of_changes) << "no change was checked since";
  world.put("rest00001", 5000);
  world.target.put(world.table, monitor_world::item("rest00001", 5000));
  world.put("rest00002", 5000);
  look.run_for(3min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 39);
  EXPECT_EQ(keys_of(world.status().success_of_changes), 2) << "those carried over are not in it";
  EXPECT_EQ(world.status().success_of_changes->wrong, 1);
  for (int i = 0; i < 40; ++i) {
    world.target.put(world.table, monitor_world::item(fmt::format("rest{:05}", i),
                                                      i == 1 || i == 2 ? 5000 : i + 1000));
  }
  look.run_for(12min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 0);
  EXPECT_EQ(world.status().success_of_changes->wrong, 0);
  ASSERT_TRUE(world.stop());
  look.look();
}

TEST(success_rate, of_a_sampled_stream_and_of_a_baseline_of_all_are_apart) {
  monitor_world world(later_stream());
  world.import_items(300);
  const process_options how{.sample_rate = 10, .baseline_sample_rate = 1};
  world.start(with_baseline, how);
  world.time.run_for(3min);
  ASSERT_EQ(world.status().compared->keys(), 300);
  for (int i = 0; i < 300; ++i) {
    world.put(fmt::format("rest{:05}", i), -1);  // all are lost
  }
  world.time.run_for(3min);
  const auto status = world.status();
  const auto sampled = static_cast<std::uint64_t>(status.checks.sampled);
  ASSERT_GT(sampled, 10);
  ASSERT_TRUE(status.success_of_changes);
  EXPECT_EQ(status.success_of_changes->rate.value, 0.0);
  EXPECT_EQ(status.success_of_changes->keys, sampled);
  EXPECT_EQ(status.success_of_changes->wrong, sampled);
  ASSERT_TRUE(status.success_at_rest);
  EXPECT_EQ(status.success_at_rest->rate.value, 1.0) << "as they were when they rested";
  EXPECT_EQ(status.success_at_rest->keys, 300);
}

TEST(success_rate, at_rest_falls_with_what_the_comparison_found_and_heals) {
  monitor_world world(later_stream());
  world.import_items(100);
  world.target.remove(world.table, monitor_world::key("rest00007"));
  world.target.remove(world.table, monitor_world::key("rest00008"));
  world.start(with_baseline);
  world.time.run_for(5min);
  EXPECT_EQ(world.status().success_at_rest->keys, 100);
  EXPECT_EQ(world.status().success_at_rest->wrong, 2);
  EXPECT_FALSE(world.status().success_of_changes);
  EXPECT_EQ(world.status().keys_checked, 0) << "no change was checked";
  EXPECT_EQ(world.status().mismatches.at_rest_alone, 2);
  ASSERT_TRUE(world.stop());
  world.start(with_baseline);
  world.time.run_for(5s);
  EXPECT_EQ(world.status().success_at_rest->wrong, 2) << "as the state has it";
  world.target.put(world.table, monitor_world::item("rest00007", 7));
  world.time.run_for(12min);
  EXPECT_EQ(world.status().success_at_rest->wrong, 1);
}

TEST(success_rate, never_shows_more_keys_than_changes) {
  monitor_world world;
  world.replicate();
  world.start();
  for (int i = 0; i < 200; ++i) {
    world.put(fmt::format("key{}", i), i);
  }
  world.time.run_for(2min);
  const auto status = world.status();
  EXPECT_EQ(status.checks.verified, 200);
  EXPECT_LE(status.keys_checked, 200);
  EXPECT_LE(status.keys_changed, 200);
}

TEST(sums, of_a_comparison_hold_over_stops_and_with_keys_that_never_rest) {
  compare_world world({.segments = 40});
  for (int i = 0; i < 3000; ++i) {
    world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
  }
  for (int i = 0; i < 3000; i += 100) {
    world.target.remove(world.table, compare_world::key(fmt::format("k{:06}", i)));
  }
  for (auto* account : {&world.source, &world.target}) {
    account->settings().scan_repeats_rate = 0.3;
    account->settings().latency_min = 200ms;
    account->settings().latency_max = 2s;
  }
  each_second look(world);
  int value = 0;
  const auto traffic = [&](std::chrono::seconds time) {
    for (auto second = 0s; second < time && !world.ended(); ++second) {
      for (int i = 0; i < 3; ++i) {
        world.source.put(world.table, compare_world::item(fmt::format("k{:06}", i * 100), ++value));
      }
      look.run_for(1s);
    }
  };
  world.start();
  traffic(3s);
  world.stop();
  look.look();
  EXPECT_FALSE(world.status().compared->progress.all_scanned());
  world.start();
  look.restarted();
  traffic(2s);
  world.crash();
  world.start();
  look.restarted();
  traffic(30min);
  ASSERT_TRUE(world.ended());
  look.look();
  EXPECT_EQ(world.status().compared->progress.candidates_restless, 3);
  EXPECT_EQ(world.status().success_at_rest->wrong, 27);
  EXPECT_EQ(world.status().success_at_rest->keys, 2997);
  EXPECT_FALSE(world.status().success_of_changes);
}

TEST(success_rate, counts_as_wrong_what_has_no_room_over_restarts) {
  monitor_world world(later_stream());
  world.import_items(40);
  for (int i = 0; i < 15; ++i) {
    world.target.remove(world.table, monitor_world::key(fmt::format("rest{:05}", i)));
  }
  const auto with_room_for_one = [](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.findings.listed_max = 1;
  };
  world.start(with_room_for_one);
  each_second look(world);
  look.run_for(3min);
  ASSERT_TRUE(world.status().success_at_rest);
  EXPECT_EQ(world.status().success_at_rest->keys, 40);
  EXPECT_EQ(world.status().success_at_rest->wrong, 15);
  for (int i = 20; i < 40; ++i) {
    world.put(fmt::format("rest{:05}", i), 1000);
    world.put(fmt::format("live{:05}", i), 1);
    world.target.put(world.table, monitor_world::item(fmt::format("live{:05}", i), 1));
  }
  look.run_for(3min);
  const auto holds = [&] {
    const auto now = world.status();
    ASSERT_TRUE(now.success_of_changes);
    EXPECT_EQ(now.success_of_changes->keys, 40);
    EXPECT_EQ(now.success_of_changes->wrong, 20);
    EXPECT_EQ(now.success_of_changes->unlisted, 20) << "the room is taken by an item at rest";
    EXPECT_EQ(now.success_at_rest->wrong, 15);
    EXPECT_EQ(now.checks.failed_unlisted, 20);
  };
  holds();
  world.crash();
  world.start(with_room_for_one);
  look.restarted();
  look.look();
  holds();
  ASSERT_TRUE(world.stop());
  world.start([](session_settings& settings) {
    settings.period.max_lag_ms += 1;
    settings.findings.listed_max = 1;
  });
  look.restarted();
  look.look();
  EXPECT_FALSE(world.status().success_of_changes) << "no change was checked since";
}

TEST(success_rate, counts_as_wrong_no_expired_item_that_has_no_room) {
  monitor_world world(later_stream());
  const auto lose_five = [&](const char* name, std::optional<std::int64_t> expires) {
    world.time.run_for(5s);
    for (int i = 0; i < 5; ++i) {
      world.put(fmt::format("{}{}", name, i), 1, expires);
    }
    world.time.run_for(3min);
  };
  world.start([](session_settings& settings) { settings.findings.listed_max = 1; });
  lose_five("lost", std::nullopt);
  EXPECT_EQ(world.status().success_of_changes->wrong, 5);
  ASSERT_TRUE(world.stop());
  world.start([](session_settings& settings) {
    settings.period.max_lag_ms += 1;
    settings.findings.listed_max = 1;
  });
  lose_five("expired", to_ms(world.time.now()) / 1000 - 100);
  const auto now = world.status();
  EXPECT_EQ(now.unlisted.of(verify::mismatch_kind::expired), 5);
  EXPECT_EQ(now.unlisted.mismatches(), 4) << "of the period before";
  EXPECT_EQ(now.success_of_changes->keys, 5);
  EXPECT_EQ(now.success_of_changes->wrong, 0);
}

TEST(sums, of_a_comparison_hold_with_more_mismatches_than_have_room) {
  compare_world world;
  for (int i = 0; i < 40; ++i) {
    world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
  }
  for (int i = 0; i < 20; ++i) {
    world.target.remove(world.table, compare_world::key(fmt::format("k{:06}", i)));
  }
  world.start([](compare_settings& settings) { settings.findings.listed_max = 1; });
  each_second look(world);
  while (!world.ended()) {
    look.run_for(1s);
  }
  const auto now = world.status();
  EXPECT_EQ(now.success_at_rest->keys, 40);
  EXPECT_EQ(now.success_at_rest->wrong, 20);
  EXPECT_EQ(now.checks.failed, 20);
  EXPECT_EQ(now.checks.healed, 0);
}

class killed_comparison : public testing::TestWithParam<std::chrono::seconds> {};

TEST_P(killed_comparison, counts_a_key_once_that_an_earlier_one_found) {
  compare_world world;
  for (int i = 0; i < 100; ++i) {
    world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
  }
  world.target.put(world.table, compare_world::item("k000005", -1));
  world.target.put(world.table, compare_world::item("k000006", -1));
  world.compare();
  world.put_both(compare_world::item("k000005", 77));
  world.source.plan_faults(support::fault_on("Scan", {.delay = GetParam()}));
  world.start();
  world.time.run_for(1s);
  world.crash();  // the keys found earlier outlive it
  const auto status = world.compare();
  EXPECT_THAT(broken_shown_sums(status), IsEmpty());
  EXPECT_EQ(status.compared->keys(), 100);
  EXPECT_EQ(status.compared->progress.candidates, 2);
  EXPECT_EQ(status.checks.failed, 1);
  EXPECT_EQ(status.checks.healed, 0) << "nothing that this comparison found has healed";
  EXPECT_EQ(status.success_at_rest->keys, 100);
  EXPECT_EQ(status.success_at_rest->wrong, 1);
}

INSTANTIATE_TEST_SUITE_P(sums, killed_comparison, testing::Values(0s, 2s));

}  // namespace
}  // namespace ddm::monitor
