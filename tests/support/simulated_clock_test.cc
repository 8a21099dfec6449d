#include "support/simulated_clock.h"

#include "runtime/task_group.h"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace ddm::support {
namespace {

using namespace std::chrono_literals;

awaitable<void> note_after(clock& time, milliseconds delay, std::string name,
                           std::vector<std::string>& notes) {
  try {
    co_await time.sleep_for(delay);
    notes.push_back(name);
  } catch (const boost::system::system_error&) {
    notes.push_back(name + " cancelled");
    throw;
  }
}

awaitable<int> answer_after(clock& time, milliseconds delay) {
  co_await time.sleep_for(delay);
  co_return 42;
}

awaitable<void> fail_at_once() {
  throw std::invalid_argument("planted");
  co_return;
}

awaitable<void> poll_for_ever(clock& time) {
  for (;;) {
    co_await time.sleep_for(0ms);
  }
}

awaitable<void> never(simulated_clock& time) {
  asio::steady_timer timer(time.context(), asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

TEST(simulated_clock, days_pass_without_waiting) {
  simulated_clock time;
  const auto start = time.now();
  EXPECT_EQ(time.run(answer_after(time, 72h)), 42);
  EXPECT_EQ(time.now() - start, 72h);
}

TEST(simulated_clock, sleepers_wake_by_time_then_by_arrival) {
  simulated_clock time;
  std::vector<std::string> notes;
  task_group tasks(time.executor());
  tasks.spawn(note_after(time, 20ms, "late", notes));
  tasks.spawn(note_after(time, 10ms, "first", notes));
  tasks.spawn(note_after(time, 10ms, "second", notes));
  time.run(tasks.join());
  EXPECT_EQ(notes, (std::vector<std::string>{"first", "second", "late"}));
}

TEST(simulated_clock, who_was_to_wake_during_a_jump_wakes_late_in_the_same_order) {
  simulated_clock time;
  const auto start = time.now();
  std::vector<std::string> notes;
  task_group tasks(time.executor());
  tasks.spawn(note_after(time, 20ms, "second", notes));
  tasks.spawn(note_after(time, 10ms, "first", notes));
  tasks.spawn(note_after(time, 10min, "after", notes));
  time.settle();
  time.jump(5min);
  EXPECT_TRUE(notes.empty());
  time.settle();
  EXPECT_EQ(notes, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(time.now() - start, 5min);
  time.run(tasks.join());
  EXPECT_EQ(time.now() - start, 10min);
}

TEST(simulated_clock, runs_up_to_a_time_and_no_further) {
  simulated_clock time;
  const auto start = time.now();
  std::vector<std::string> notes;
  task_group tasks(time.executor());
  tasks.spawn(note_after(time, 10s, "ten", notes));
  tasks.spawn(note_after(time, 20s, "twenty", notes));
  time.run_for(10s);
  EXPECT_EQ(notes, std::vector<std::string>{"ten"});
  time.run_for(5s);
  EXPECT_EQ(time.now() - start, 15s);
  EXPECT_EQ(notes.size(), 1);
  time.run(tasks.join());
  EXPECT_EQ(time.now() - start, 20s);
}

TEST(simulated_clock, cancelling_a_sleeper_throws_out_of_its_sleep) {
  simulated_clock time;
  std::vector<std::string> notes;
  task_group tasks(time.executor());
  tasks.spawn(note_after(time, 1h, "sleeper", notes));
  time.settle();
  EXPECT_EQ(time.sleepers(), 1);
  const auto before = time.now();
  tasks.cancel();
  time.run(tasks.join());
  EXPECT_EQ(notes, std::vector<std::string>{"sleeper cancelled"});
  EXPECT_EQ(time.now(), before);
  EXPECT_EQ(time.sleepers(), 0);
}

TEST(simulated_clock, exceptions_come_out_of_run) {
  simulated_clock time;
  EXPECT_THROW(time.run(fail_at_once()), std::invalid_argument);
}

TEST(simulated_clock, a_task_that_would_wait_for_ever_is_reported) {
  simulated_clock time;
  EXPECT_THROW(time.run(never(time)), std::runtime_error);
}

TEST(simulated_clock, bounds_end_a_run_that_polls_without_sleeping) {
  simulated_clock time(from_ms(0), {.virtual_time_max = 1h, .steps_max = 1000});
  EXPECT_THROW(time.run(poll_for_ever(time)), std::runtime_error);
}

TEST(simulated_clock, bounds_end_a_run_that_sleeps_too_long) {
  simulated_clock time(from_ms(0), {.virtual_time_max = 1h, .steps_max = 1000});
  EXPECT_THROW(time.run(answer_after(time, 2h)), std::runtime_error);
}

TEST(simulated_clock, sleepers_left_over_are_destroyed_with_the_clock) {
  std::vector<std::string> notes;
  simulated_clock time;
  asio::co_spawn(time.context(), note_after(time, 1h, "left over", notes),
                 [](std::exception_ptr) {});
  time.settle();
  EXPECT_EQ(time.sleepers(), 1);
}

}  // namespace
}  // namespace ddm::support
