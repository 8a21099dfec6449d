// `monitor` and `compare` on one state, and keys that both confirm: what heals must have looked at
// all that it was confirmed by, and both tell the same.
#include "monitor/sums.h"
#include "simulation/other_commands.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

namespace ddm::simulation {
namespace {

using namespace std::chrono_literals;
using monitor::broken_shown_sums;
using monitor::monitor_world;
using monitor::process_options;
using verify::mismatch_kind;

class shared_findings : public testing::Test {
 protected:
  explicit shared_findings(const monitor::world_options& options = {})
      : world_(options), others_(world_) {}

  void run_for(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      world_.time.run_for(1s);
      expect_sums(world_.status());
      if (others_.comparing()) {
        expect_sums(others_.compare_status());
      }
    }
  }
  static void expect_sums(const report::status& now) {
    const auto broken = broken_shown_sums(now);
    ASSERT_TRUE(broken.empty()) << broken.front();
  }

  void put_equal_items() {
    for (int i = 0; i < 50; ++i) {
      const auto item = monitor_world::item(fmt::format("k{}", i), i);
      world_.source.put(world_.table, item);
      world_.target.put(world_.table, item);
    }
  }
  void lose_changes_of_five_keys() {
    for (int i = 0; i < 5; ++i) {
      world_.put(fmt::format("k{}", i), 1000);
    }
  }
  /// A key of which one run looks at one attribute only.
  [[nodiscard]] static std::string k0(int v, int b) {
    return fmt::format(R"({{"pk":{{"S":"k0"}},"v":{{"N":"{}"}},"b":{{"N":"{}"}}}})", v, b);
  }
  void put_k0_in_both(int v, int b) {
    world_.source.put(world_.table, k0(v, b));
    world_.target.put(world_.table, k0(v, b));
  }
  void compare_for(std::chrono::seconds time, milliseconds max_lag, std::string ignored = "") {
    others_.start_compare(
        {.sample_rate = {}, .baseline_sample_rate = {}, .ignored = std::move(ignored)}, max_lag);
    run_for(time);
    ASSERT_FALSE(others_.comparing());
  }

  monitor_world world_;
  other_commands others_;
};

TEST_F(shared_findings, found_again_by_compare_count_for_it_in_both) {
  put_equal_items();
  world_.start();
  run_for(120s);
  lose_changes_of_five_keys();
  run_for(150s);
  compare_for(240s, 60s);
  const auto theirs = others_.compare_status();
  ASSERT_TRUE(others_.end_compare());
  run_for(30s);
  const auto before = world_.status();
  EXPECT_EQ(before.success_at_rest->wrong, 5);
  EXPECT_EQ(before.success_at_rest->wrong, theirs.success_at_rest->wrong);
  ASSERT_TRUE(world_.stop());
  world_.start();
  EXPECT_EQ(world_.status().success_at_rest->wrong, before.success_at_rest->wrong);
}

TEST_F(shared_findings, have_the_kind_that_was_seen_last) {
  put_equal_items();
  world_.start();
  run_for(120s);
  lose_changes_of_five_keys();
  run_for(150s);
  EXPECT_EQ(world_.status().mismatches.of(mismatch_kind::stale), 5);
  others_.start_compare({}, 60s);
  run_for(20s);
  for (int i = 0; i < 5; ++i) {
    world_.target.remove(world_.table, monitor_world::key(fmt::format("k{}", i)));
  }
  run_for(240s);
  ASSERT_TRUE(others_.end_compare());
  run_for(30s);
  EXPECT_EQ(world_.status().mismatches.of(mismatch_kind::missing), 5);
  const auto before = world_.status().mismatches.open;
  ASSERT_TRUE(world_.stop());
  world_.start();
  EXPECT_EQ(world_.status().mismatches.open, before);
}

class shared_findings_of_a_monitor_that_ignores : public shared_findings {
 protected:
  void run_beside_a_compare_that_ignores_nothing(std::chrono::seconds monitor_is_ahead) {
    put_equal_items();
    put_k0_in_both(1, 5);
    world_.start({}, {.sample_rate = {}, .baseline_sample_rate = {}, .ignored = "b"});
    run_for(120s);
    world_.source.put(world_.table, k0(2, 6));  // lost
    run_for(monitor_is_ahead);
    compare_for(150s, 30s);
    ASSERT_TRUE(others_.end_compare());
    run_for(30s);
    EXPECT_EQ(world_.status().mismatches.mismatches(), 1);
    world_.target.put(world_.table, k0(2, 5));  // "b" is wrong still
    run_for(900s);
    EXPECT_EQ(world_.stored().open_mismatches.size(), 1);
    EXPECT_EQ(world_.status().unhealable, 1);
  }
};

TEST_F(shared_findings_of_a_monitor_that_ignores, are_not_healed_by_it_after_it_found_them_first) {
  run_beside_a_compare_that_ignores_nothing(150s);
}

TEST_F(shared_findings_of_a_monitor_that_ignores, are_not_healed_by_it_after_compare_found_them) {
  run_beside_a_compare_that_ignores_nothing(0s);
}

class shared_findings_at_go : public shared_findings {
 protected:
  shared_findings_at_go() : shared_findings(monitor::later_stream()) {}
};

TEST_F(shared_findings_at_go, that_the_monitor_saw_with_fewer_ignored_are_not_healed_by_compare) {
  world_.import_items(50);
  world_.start([](monitor::session_settings& settings) {
    settings.settle = 10s;
    settings.baseline.wanted = true;
    settings.baseline.after = 10s;
  });
  put_k0_in_both(1, 5);
  run_for(200s);
  ASSERT_EQ(world_.status().verdict.kind, report::verdict_kind::go);
  world_.target.put(world_.table, k0(0, 5));  // altered by itself
  compare_for(60s, 30s, "b");
  ASSERT_TRUE(others_.end_compare());
  others_.start_compare({.sample_rate = {}, .baseline_sample_rate = {}, .ignored = "b"}, 200s);
  run_for(2s);
  world_.source.put(world_.table, k0(2, 6));  // lost
  run_for(140s);
  EXPECT_TRUE(others_.comparing());
  world_.target.put(world_.table, k0(2, 5));  // "b" is wrong still
  run_for(300s);
  EXPECT_FALSE(others_.comparing());
  EXPECT_EQ(others_.compare_status().mismatches.all(), 1);
  ASSERT_TRUE(others_.end_compare());
  run_for(900s);
  EXPECT_EQ(world_.status().verdict.kind, report::verdict_kind::no_go);
  EXPECT_EQ(world_.stored().open_mismatches.size(), 1);
}

}  // namespace
}  // namespace ddm::simulation
