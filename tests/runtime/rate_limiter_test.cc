#include "runtime/rate_limiter.h"

#include "runtime/task_group.h"
#include "support/simulated_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm {
namespace {

using std::chrono::seconds;
using support::simulated_clock;
constexpr double unlimited = std::numeric_limits<double>::infinity();
constexpr wall_time start = from_ms(1'800'000'000'000);

TEST(token_bucket, is_ready_while_the_balance_is_positive) {
  token_bucket bucket(10, 10, start);
  EXPECT_EQ(bucket.ready_at(start), start);
  bucket.take(9, start);
  EXPECT_EQ(bucket.ready_at(start), start);
}

TEST(token_bucket, a_debt_is_waited_off_at_the_rate) {
  token_bucket bucket(10, 10, start);
  bucket.take(30, start);
  const auto ready = bucket.ready_at(start);
  EXPECT_GE(ready, start + milliseconds{2000});
  EXPECT_LE(ready, start + milliseconds{2001});
  EXPECT_EQ(bucket.ready_at(ready), ready);
}

TEST(token_bucket, saves_up_no_more_than_its_burst) {
  token_bucket bucket(10, 10, start);
  bucket.take(10, start + std::chrono::hours{1});
  EXPECT_GT(bucket.ready_at(start + std::chrono::hours{1}), start + std::chrono::hours{1});
}

TEST(token_bucket, a_clock_that_steps_back_gives_nothing_and_takes_nothing) {
  token_bucket bucket(10, 10, start);
  bucket.take(15, start);
  const auto ready = bucket.ready_at(start);
  EXPECT_EQ(bucket.ready_at(start - seconds{10}), ready - seconds{10});
}

TEST(token_bucket, without_a_limit_it_is_always_ready) {
  token_bucket bucket(unlimited, unlimited, start);
  bucket.take(1e12, start);
  EXPECT_EQ(bucket.ready_at(start + seconds{1}), start + seconds{1});
}

awaitable<void> read_in_background(rate_limiter& limiter, clock& time, int& pages) {
  for (;;) {
    EXPECT_TRUE(co_await limiter.acquire(128, rate_limiter::urgency::background));
    ++pages;
    co_await time.sleep_for(milliseconds{5});
  }
}

awaitable<void> check_regularly(rate_limiter& limiter, clock& time, milliseconds& longest) {
  for (int i = 0; i < 100; ++i) {
    const auto asked = time.now();
    EXPECT_TRUE(co_await limiter.acquire(100));
    longest = std::max(longest, time.now() - asked);
    co_await time.sleep_for(milliseconds{100});
  }
}

TEST(rate_limiter, background_work_takes_what_is_left_and_never_delays_what_is_live) {
  simulated_clock time(start);
  rate_limiter limiter(time, 3000);
  task_group tasks(time.executor());
  int pages = 0;
  for (int i = 0; i < 8; ++i) {
    tasks.spawn(read_in_background(limiter, time, pages));
  }
  milliseconds longest{0};
  time.run(check_regularly(limiter, time, longest));
  EXPECT_LT(longest, milliseconds{5}) << "the reserve is for them";
  EXPECT_GT(pages, 120) << "of 10 s at 3000/s, less 1000/s for the checks";
  tasks.cancel();
  time.run(tasks.join());
}

awaitable<void> acquire_in_vain(rate_limiter& limiter, rate_limiter::urgency how, int& refused) {
  if (!co_await limiter.acquire(10, how)) {
    ++refused;
  }
}

TEST(rate_limiter, nobody_waits_once_it_drains) {
  for (const auto how : {rate_limiter::urgency::live, rate_limiter::urgency::background}) {
    simulated_clock time(start);
    rate_limiter limiter(time, 1);
    task_group tasks(time.executor());
    int refused = 0;
    for (int i = 0; i < 4; ++i) {
      tasks.spawn(acquire_in_vain(limiter, how, refused));
    }
    time.run_for(seconds{1});
    EXPECT_EQ(tasks.running(), 3U) << "one overdraws the budget";
    limiter.drain();
    time.run_for(milliseconds{300});
    EXPECT_EQ(tasks.running(), 0U);
    EXPECT_EQ(refused, 3);
    tasks.cancel();
    time.run(tasks.join());
    time.run_for(seconds{30});
    EXPECT_TRUE(time.run(limiter.acquire(1, how))) << "nothing was taken for what was refused";
  }
}

awaitable<void> acquire_and_note(rate_limiter& limiter, double units, clock& time,
                                 std::vector<milliseconds>& log, wall_time since) {
  EXPECT_TRUE(co_await limiter.acquire(units));
  log.push_back(time.now() - since);
}

awaitable<void> five_of_ten(simulated_clock& time, std::vector<milliseconds>& log) {
  rate_limiter limiter(time, 10);
  task_group group(time.executor());
  for (int i = 0; i < 5; ++i) {
    group.spawn(acquire_and_note(limiter, 10, time, log, time.now()));
  }
  co_await group.join();
}

TEST(rate_limiter, those_who_wait_are_served_in_order_and_at_the_rate) {
  simulated_clock time;
  std::vector<milliseconds> log;
  time.run(five_of_ten(time, log));
  ASSERT_EQ(log.size(), 5U);
  // The first takes what was saved, the second the debt allowed to one; the others wait it off.
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(static_cast<double>(log[i].count()), std::max(0, i - 1) * 1000.0, 5) << i;
  }
}

awaitable<void> give_up_waiting(simulated_clock& time, milliseconds& waited) {
  rate_limiter limiter(time, 10);
  EXPECT_TRUE(co_await limiter.acquire(20));
  std::vector<milliseconds> ignored;
  task_group group(time.executor());
  group.spawn(acquire_and_note(limiter, 1000, time, ignored, time.now()));
  co_await time.sleep_for(milliseconds{1});
  group.cancel();
  co_await group.join();
  const auto before = time.now();
  EXPECT_TRUE(co_await limiter.acquire(1));
  waited = time.now() - before;
}

TEST(rate_limiter, one_who_gives_up_waiting_takes_nothing) {
  simulated_clock time;
  milliseconds waited{};
  time.run(give_up_waiting(time, waited));
  EXPECT_LE(waited, milliseconds{1001});
}

awaitable<void> correct_upwards(simulated_clock& time, milliseconds& waited) {
  rate_limiter limiter(time, 10);
  EXPECT_TRUE(co_await limiter.acquire(1));
  limiter.correct(1, 31);
  const auto before = time.now();
  EXPECT_TRUE(co_await limiter.acquire(1));
  waited = time.now() - before;
}

TEST(rate_limiter, what_a_call_really_cost_is_booked) {
  simulated_clock time;
  milliseconds waited{};
  time.run(correct_upwards(time, waited));
  EXPECT_NEAR(static_cast<double>(waited.count()), 2100, 5);
}

awaitable<void> slow_down_and_recover(simulated_clock& time) {
  rate_limiter limiter(time, 100);
  limiter.slow_down();
  EXPECT_DOUBLE_EQ(limiter.rate(), 50);
  limiter.slow_down();
  EXPECT_DOUBLE_EQ(limiter.rate(), 25);
  co_await time.sleep_for(seconds{15});
  EXPECT_TRUE(co_await limiter.acquire(0));
  EXPECT_NEAR(limiter.rate(), 50, 0.1);
  co_await time.sleep_for(seconds{30});
  EXPECT_TRUE(co_await limiter.acquire(0));
  EXPECT_DOUBLE_EQ(limiter.rate(), 100);
}

TEST(rate_limiter, throttling_halves_the_pace_and_a_minute_brings_it_back) {
  simulated_clock time;
  time.run(slow_down_and_recover(time));
}

awaitable<void> never_wait(simulated_clock& time) {
  rate_limiter limiter(time, unlimited);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(co_await limiter.acquire(1e6));
  }
  limiter.slow_down();
  EXPECT_TRUE(co_await limiter.acquire(1e6));
}

TEST(rate_limiter, without_a_limit_nobody_waits) {
  simulated_clock time;
  const auto before = time.now();
  time.run(never_wait(time));
  EXPECT_EQ(time.now(), before);
}

awaitable<void> note_admission(rate_limiter& limiter, double units, rate_limiter::urgency how,
                               simulated_clock& time, wall_time& admitted, bool& granted) {
  granted = co_await limiter.acquire(units, how);
  admitted = time.now();
}

TEST(rate_limiter, the_background_goes_on_with_the_end_of_the_last_live_wait) {
  simulated_clock time;
  rate_limiter limiter(time, 10);
  wall_time live;
  wall_time background;
  bool granted = false;
  task_group tasks(time.executor());
  tasks.spawn(note_admission(limiter, 20, rate_limiter::urgency::live, time, live, granted));
  tasks.spawn(note_admission(limiter, 0, rate_limiter::urgency::live, time, live, granted));
  tasks.spawn(
      note_admission(limiter, 1, rate_limiter::urgency::background, time, background, granted));
  time.run(tasks.join());
  EXPECT_GT(live, time.now() - milliseconds{200});
  EXPECT_NEAR(static_cast<double>((background - live).count()), 100, 2) << "its reserve of a tenth";
}

TEST(rate_limiter, the_background_that_waits_behind_live_work_is_refused_once_drained) {
  simulated_clock time;
  rate_limiter limiter(time, 10);
  wall_time ended;
  bool granted = true;
  task_group tasks(time.executor());
  tasks.spawn(note_admission(limiter, 100, rate_limiter::urgency::live, time, ended, granted));
  tasks.spawn(note_admission(limiter, 1, rate_limiter::urgency::live, time, ended, granted));
  tasks.spawn(note_admission(limiter, 1, rate_limiter::urgency::background, time, ended, granted));
  time.settle();
  const auto before = time.now();
  limiter.drain();
  time.run(tasks.join());
  EXPECT_FALSE(granted);
  EXPECT_EQ(ended, before);
}

/// Two budgets, and one above both.
struct shared_budget : testing::Test {
  void share(double total_rate, double each_rate) {
    total = std::make_shared<rate_limiter>(time, total_rate);
    one.emplace(time, each_rate, std::vector{total});
    other.emplace(time, each_rate, std::vector{total});
  }

  simulated_clock time{start};
  std::shared_ptr<rate_limiter> total;
  std::optional<rate_limiter> one;
  std::optional<rate_limiter> other;
  std::vector<milliseconds> at;
  task_group tasks{time.executor()};
};

TEST_F(shared_budget, a_budget_above_is_waited_for_as_well) {
  share(10, 100);
  for (auto* each : {&*one, &*other, &*one}) {
    tasks.spawn(acquire_and_note(*each, 20, time, at, start));
  }
  time.run_for(seconds{10});
  // 10 are there, 20 are taken: the second waits off a debt of 10, the third one of 30.
  ASSERT_EQ(at.size(), 3U);
  EXPECT_EQ(at[0], milliseconds{0});
  EXPECT_GE(at[1], seconds{1});
  EXPECT_GE(at[2], seconds{3});
  EXPECT_LT(at[2], milliseconds{3'100});
}

TEST_F(shared_budget, what_is_given_back_is_given_back_above_too) {
  share(10, 100);
  tasks.spawn(acquire_and_note(*one, 1000, time, at, start));
  time.run_for(milliseconds{1});
  one->correct(1000, 0);
  tasks.spawn(acquire_and_note(*other, 1, time, at, start));
  time.run_for(seconds{1});
  ASSERT_EQ(at.size(), 2U);
  EXPECT_LT(at[1], milliseconds{10});
}

TEST_F(shared_budget, the_background_of_one_yields_to_what_is_live_of_another) {
  share(100, unlimited);
  int pages = 0;
  tasks.spawn(read_in_background(*one, time, pages));
  time.run_for(seconds{60});
  const auto pages_before = pages;
  for (int i = 0; i < 20; ++i) {
    tasks.spawn(acquire_and_note(*other, 50, time, at, start));
  }
  time.run_for(seconds{9});
  EXPECT_EQ(pages, pages_before) << "1000 units of another are waited for, 100 a second";
  time.run_for(seconds{5});
  EXPECT_EQ(at.size(), 20U);
  EXPECT_GT(pages, pages_before);
  tasks.cancel();
  time.run_for(seconds{1});
}

TEST_F(shared_budget, who_drains_leaves_the_waits_of_others_alone) {
  share(1, 100);
  int refused = 0;
  tasks.spawn(acquire_and_note(*one, 5, time, at, start));
  tasks.spawn(acquire_in_vain(*one, rate_limiter::urgency::live, refused));
  tasks.spawn(acquire_and_note(*other, 1, time, at, start));
  time.run_for(milliseconds{10});
  one->drain();
  time.run_for(seconds{20});
  EXPECT_EQ(refused, 1);
  ASSERT_EQ(at.size(), 2U);
  EXPECT_GE(at[1], seconds{4});
}

TEST(rate_limiter, who_waits_for_his_own_budget_holds_up_nobody_above) {
  simulated_clock time(start);
  const auto total = std::make_shared<rate_limiter>(time, 1000);
  rate_limiter small(time, 1, {total});
  rate_limiter other(time, unlimited, {total});
  std::vector<milliseconds> at;
  int pages = 0;
  task_group tasks(time.executor());
  int refused = 0;
  tasks.spawn(acquire_and_note(small, 30, time, at, start));
  tasks.spawn(acquire_in_vain(small, rate_limiter::urgency::live, refused));
  tasks.spawn(read_in_background(other, time, pages));
  time.run_for(seconds{10});
  EXPECT_GT(pages, 50) << "1000 a second, and nobody else wants them";
  small.close();
  const auto before = pages;
  time.run_for(seconds{60});
  EXPECT_GT(pages, before + 300);
  small.drain();
  time.run_for(seconds{1});
  EXPECT_EQ(refused, 1);
  tasks.cancel();
  time.run(tasks.join());
}

TEST(rate_limiter, once_closed_it_grants_nothing_until_it_is_drained) {
  for (const auto how : {rate_limiter::urgency::live, rate_limiter::urgency::background}) {
    simulated_clock time(start);
    rate_limiter limiter(time, 10);
    task_group tasks(time.executor());
    int refused = 0;
    tasks.spawn(acquire_in_vain(limiter, how, refused));  // granted
    tasks.spawn(acquire_in_vain(limiter, how, refused));
    tasks.spawn(acquire_in_vain(limiter, how, refused));  // waits as it is closed
    time.run_for(milliseconds{1});
    limiter.close();
    tasks.spawn(acquire_in_vain(limiter, how, refused));
    time.run_for(std::chrono::hours{48});
    EXPECT_EQ(refused, 0);
    EXPECT_GE(tasks.running(), 2U);
    limiter.drain();
    time.run_for(seconds{1});
    EXPECT_EQ(tasks.running(), 0U);
    EXPECT_GE(refused, 2);
  }
}

}  // namespace
}  // namespace ddm
