#include "runtime/task_group.h"

#include "support/simulated_clock.h"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace ddm {
namespace {

using std::chrono::hours;
using support::simulated_clock;

awaitable<void> note_after(clock& time, milliseconds delay, std::string& log, char mark) {
  co_await time.sleep_for(delay);
  log += mark;
}

/// Marks its cancellation.
awaitable<void> sleep_long(clock& time, std::string& log, char mark) {
  try {
    co_await time.sleep_for(hours{1});
  } catch (const boost::system::system_error&) {
    log += mark;
    throw;
  }
}

awaitable<void> fail_after(clock& time, milliseconds delay) {
  co_await time.sleep_for(delay);
  throw std::runtime_error("planned");
}

awaitable<void> join_three(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(note_after(time, milliseconds{30}, log, 'c'));
  group.spawn(note_after(time, milliseconds{10}, log, 'a'));
  group.spawn(note_after(time, milliseconds{20}, log, 'b'));
  EXPECT_EQ(group.running(), 3U);
  co_await group.join();
  EXPECT_EQ(group.running(), 0U);
}

TEST(task_group, join_waits_for_every_task) {
  simulated_clock time;
  std::string log;
  time.run(join_three(time, log));
  EXPECT_EQ(log, "abc");
}

awaitable<void> cancel_two(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(sleep_long(time, log, 'x'));
  group.spawn(sleep_long(time, log, 'y'));
  co_await time.sleep_for(milliseconds{1});
  group.cancel();
  co_await group.join();
}

TEST(task_group, cancelled_tasks_end_and_join_returns_normally) {
  simulated_clock time;
  const auto start = time.now();
  std::string log;
  time.run(cancel_two(time, log));
  EXPECT_EQ(log, "xy");
  EXPECT_EQ(time.now() - start, milliseconds{1});
}

awaitable<void> cancel_unstarted(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(note_after(time, milliseconds{1}, log, 'x'));
  group.cancel();
  co_await group.join();
}

TEST(task_group, a_task_cancelled_before_it_began_does_not_begin) {
  simulated_clock time;
  std::string log;
  time.run(cancel_unstarted(time, log));
  EXPECT_EQ(log, "");
}

awaitable<void> one_fails(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(sleep_long(time, log, 'x'));
  group.spawn(fail_after(time, milliseconds{5}));
  co_await group.join();
}

TEST(task_group, a_failing_task_cancels_the_others_and_its_exception_comes_out_of_join) {
  simulated_clock time;
  const auto start = time.now();
  std::string log;
  EXPECT_THROW(time.run(one_fails(time, log)), std::runtime_error);
  EXPECT_EQ(log, "x");
  EXPECT_EQ(time.now() - start, milliseconds{5});
}

awaitable<void> own_a_sleeper(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(sleep_long(time, log, 'x'));
  try {
    co_await group.join();
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::operation_aborted);
    log += 'j';
  }
  // The last commit of an owner that was cancelled may itself wait.
  co_await time.sleep_for(milliseconds{10});
  log += 'f';
}

awaitable<void> cancel_owner(simulated_clock& time, std::string& log) {
  task_group outer(time.executor());
  outer.spawn(own_a_sleeper(time, log));
  co_await time.sleep_for(milliseconds{1});
  outer.cancel();
  co_await outer.join();
}

TEST(task_group, a_cancelled_owner_cancels_its_tasks_waits_for_them_and_may_then_flush) {
  simulated_clock time;
  std::string log;
  time.run(cancel_owner(time, log));
  EXPECT_EQ(log, "xjf");
}

awaitable<void> come_to_join_cancelled(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(sleep_long(time, log, 'x'));
  try {
    co_await time.sleep_for(hours{1});
  } catch (const boost::system::system_error&) {
    log += 'o';
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await group.join();
  log += '!';  // not reached: join throws the cancellation on
}

awaitable<void> cancel_before_join(simulated_clock& time, std::string& log) {
  task_group outer(time.executor());
  outer.spawn(come_to_join_cancelled(time, log));
  co_await time.sleep_for(milliseconds{1});
  outer.cancel();
  co_await outer.join();
}

TEST(task_group, join_waits_even_when_its_caller_was_cancelled_before) {
  simulated_clock time;
  std::string log;
  time.run(cancel_before_join(time, log));
  EXPECT_EQ(log, "ox");
}

awaitable<void> spawn_while_joined(simulated_clock& time, task_group& group, std::string& log) {
  co_await time.sleep_for(milliseconds{1});
  group.spawn(note_after(time, milliseconds{1}, log, 'b'));
  log += 'a';
}

awaitable<void> join_growing(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(spawn_while_joined(time, group, log));
  co_await group.join();
}

TEST(task_group, join_waits_for_tasks_that_tasks_spawn) {
  simulated_clock time;
  std::string log;
  time.run(join_growing(time, log));
  EXPECT_EQ(log, "ab");
}

awaitable<void> spawn_on_the_way_out(task_group& group, simulated_clock& time, std::string& log) {
  co_await time.sleep_for(milliseconds{1});
  group.cancel();
  group.spawn(note_after(time, milliseconds{1}, log, 'x'));
  log += 'a';
}

awaitable<void> join_cancelled(simulated_clock& time, std::string& log) {
  task_group group(time.executor());
  group.spawn(spawn_on_the_way_out(group, time, log));
  co_await group.join();
  log += 'j';
  group.spawn(note_after(time, milliseconds{1}, log, 'b'));
  co_await group.join();
}

TEST(task_group, what_is_spawned_after_a_cancel_does_not_begin_until_all_are_joined) {
  simulated_clock time;
  std::string log;
  time.run(join_cancelled(time, log));
  EXPECT_EQ(log, "ajb");
}

}  // namespace
}  // namespace ddm
