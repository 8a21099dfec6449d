// Which comparison makes up for what one before it could not list.
#include "monitor/gap_cure.h"

#include "monitor/compare_world.h"
#include "monitor/comparison_array.h"
#include "monitor/session_state.h"
#include "monitor/unlisted_findings.h"
#include "report/verdict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ranges>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;

/// One state, without a monitor unless one is put there.
class gap_cure : public testing::Test {
 protected:
  gap_cure() {
    for (int i = 0; i < 100; ++i) {
      world_.put_both(compare_world::item(fmt::format("k{:06}", i), i));
    }
    world_.ignore({"aws:rep:*"});
  }
  /// What only 2 of 5 wrong keys have room for.
  void leave_a_gap() {
    const auto each = [](const std::function<void(int)>& what) {
      std::ranges::for_each(std::views::iota(0, 5), what);
    };
    each([this](int i) {
      world_.target.remove(world_.table, compare_world::key(fmt::format("k{:06}", i)));
    });
    compare([](compare_settings& settings) { settings.findings.listed_max = 2; });
    each([this](int i) {
      world_.target.put(world_.table, compare_world::item(fmt::format("k{:06}", i), i));
    });
    ASSERT_FALSE(is_cured());
    world_.time.run_for(1s);
  }
  void compare(const std::function<void(compare_settings&)>& adjust = {}) {
    world_.start(adjust);
    ASSERT_TRUE(world_.wait_for_end());
    world_.time.run_for(1s);
  }
  [[nodiscard]] bool is_cured() {
    const auto gaps = world_.committed().gaps;
    return std::ranges::all_of(gaps, [](const state::gap_row& gap) { return gap.cured; });
  }
  static void sample(compare_settings& settings) { settings.comparer.sample_rate = 10; }

  compare_world world_;
};

TEST_F(gap_cure, without_a_monitor_takes_what_was_compared_before) {
  leave_a_gap();
  compare();
  EXPECT_TRUE(is_cured());
  EXPECT_EQ(report::decide_exit(world_.status(), false), report::exit_code::equal);
}

TEST_F(gap_cure, is_not_a_sample_s_however_often_it_compares) {
  leave_a_gap();
  compare(sample);
  compare(sample);
  EXPECT_FALSE(is_cured());
  compare();
  EXPECT_TRUE(is_cured());
}

TEST_F(gap_cure, is_not_one_s_that_leaves_out_more_attributes) {
  leave_a_gap();
  world_.ignore({"aws:rep:*", "v"});
  compare();
  compare();
  EXPECT_FALSE(is_cured());
  world_.ignore({});
  compare();
  EXPECT_TRUE(is_cured()) << "it looks at more than was asked for";
}

TEST_F(gap_cure, may_be_a_sample_s_where_there_was_no_more) {
  compare(sample);
  compare();
  compare(sample);
  world_.start(sample);
  world_.commit({.gaps = {{.noticed = world_.time.now(), .reason = "another table"}}});
  ASSERT_TRUE(world_.wait_for_end());
  world_.time.run_for(1s);
  EXPECT_FALSE(is_cured());
  compare(sample);
  EXPECT_TRUE(is_cured());
}

TEST_F(gap_cure, knows_a_comparison_of_a_version_that_kept_no_more) {
  leave_a_gap();
  world_.commit({.values = {{"gaps.compared_with", ""}}});
  compare(sample);
  EXPECT_FALSE(is_cured());
}

TEST_F(gap_cure, asks_for_everything_where_what_it_kept_is_damaged) {
  leave_a_gap();
  world_.commit({.values = {{"gaps.compared_with", "all of it"}}});
  compare();
  EXPECT_FALSE(is_cured());
  world_.ignore({});
  compare();
  EXPECT_TRUE(is_cured());
}

TEST_F(gap_cure, is_what_the_monitor_looks_at) {
  leave_a_gap();
  state::commit_batch batch;
  save(period_settings{.sample_rate = 10, .ignored = "aws:rep:*", .max_lag_ms = 1000}, batch);
  world_.commit(std::move(batch));
  compare(sample);
  EXPECT_TRUE(is_cured());
}

// Arrays

TEST(gap_cure_of_arrays, asks_for_the_attributes_that_were_compared_before) {
  array of({.ignored = {"aws:rep:*"}});
  of.fill(100);
  of.world.use_state("whole.db");
  of.world.prepare();
  of.world.commit({.gaps = {{.noticed = of.world.time.now(), .reason = "another table"}}});
  of.world.time.run_for(1s);
  of.prepare_for_whole(1s);
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  EXPECT_FALSE(of.take_into_whole().newer_known);
  EXPECT_TRUE(state::complete(all_of(*of.open("whole.db")))->gaps.front().cured);
}

TEST(gap_cure_of_arrays, that_are_merged_late_again_opens_nothing) {
  array of;
  of.fill(300);
  of.prepare_for_whole(1s);
  of.plant(300);
  of.begin_all();
  for (std::int64_t worker = 0; worker < of.workers; ++worker) {
    of.start(worker);
    of.world.crash();
    of.world.start([&](compare_settings& settings) {
      settings.comparer.share = {.worker = worker, .workers = of.workers};
      settings.findings.listed_max = 0;
    });
    ASSERT_TRUE(of.world.wait_for_end());
  }
  ASSERT_TRUE(of.merge().added);
  const auto take = [&] {
    EXPECT_TRUE(of.take_into_whole().newer_known);
    return state::complete(all_of(*of.open("whole.db")))->gaps;
  };
  of.world.use_state("whole.db");
  of.world.start([](compare_settings& settings) { settings.fresh = true; });
  ASSERT_TRUE(of.world.wait_for_end());
  const auto first = take();
  ASSERT_TRUE(std::ranges::any_of(first, is_of_unlisted));
  of.world.time.run_for(5s);
  EXPECT_EQ(take().back().noticed, first.back().noticed);
}

TEST(gap_cure_of_arrays, what_began_between_the_copy_and_the_preparation_is_not_newer) {
  array of;
  of.fill(300);
  of.copy_whole();
  of.world.time.run_for(2s);
  of.world.use_state("whole.db");
  of.world.start([](compare_settings& settings) { settings.fresh = true; });
  of.world.crash();
  of.world.time.run_for(2s);
  of.prepare();
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  const auto taken = of.take_into_whole();
  EXPECT_FALSE(taken.newer_known);
  EXPECT_TRUE(taken.ended_comparison);
}

}  // namespace
}  // namespace ddm::monitor
