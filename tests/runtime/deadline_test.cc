#include "runtime/deadline.h"

#include "runtime/clock.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace ddm {
namespace {

/// Runs `task` in real time: deadlines are for sockets.
void run(awaitable<void> task) {
  asio::io_context context;
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) { failure = std::move(e); });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

awaitable<int> answer(milliseconds after, int value) {
  system_clock time;
  co_await time.sleep_for(after);
  co_return value;
}

awaitable<int> throw_planned() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  throw std::runtime_error("planned");
}

/// Waits for ever, and takes its time to clean up once cancelled.
awaitable<int> clean_up_slowly(bool& cleaned) {
  system_clock time;
  co_await asio::this_coro::throw_if_cancelled(false);
  try {
    co_await time.sleep_for(std::chrono::hours{1});
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::operation_aborted);
  }
  co_await time.sleep_for(milliseconds{20});
  cleaned = true;
  co_return 0;
}

awaitable<void> in_time() {
  EXPECT_EQ(co_await with_deadline(milliseconds{5000}, answer(milliseconds{0}, 7)), 7);
}
TEST(deadline, work_that_ends_in_time_gives_its_value) { run(in_time()); }

awaitable<int> at_once() { co_return 9; }

awaitable<void> immediate() {
  EXPECT_EQ(co_await with_deadline(std::chrono::hours{1}, at_once()), 9);
}
TEST(deadline, work_that_ends_at_once_is_not_waited_for) { run(immediate()); }

awaitable<void> too_late() {
  EXPECT_EQ(co_await with_deadline(milliseconds{5}, answer(milliseconds{60'000}, 7)), std::nullopt);
  // The caller is as usable as before.
  EXPECT_EQ(co_await with_deadline(milliseconds{5000}, answer(milliseconds{1}, 8)), 8);
}
TEST(deadline, work_that_is_late_is_cancelled) { run(too_late()); }

awaitable<void> throwing() { co_await with_deadline(milliseconds{5000}, throw_planned()); }
TEST(deadline, an_exception_of_the_work_comes_through) {
  EXPECT_THROW(run(throwing()), std::runtime_error);
}

awaitable<void> slow_clean_up() {
  bool cleaned = false;
  static_cast<void>(co_await with_deadline(milliseconds{5}, clean_up_slowly(cleaned)));
  EXPECT_TRUE(cleaned);
}
TEST(deadline, late_work_is_waited_for) { run(slow_clean_up()); }

awaitable<void> wait_and_note(std::string& log, bool& cleaned) {
  try {
    static_cast<void>(co_await with_deadline(milliseconds{60'000}, clean_up_slowly(cleaned)));
    log += "value";
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::operation_aborted);
    EXPECT_TRUE(cleaned);
    log += "cancelled";
    throw;
  }
}

awaitable<void> cancel_caller(std::string& log, bool& cleaned) {
  system_clock time;
  task_group group(co_await asio::this_coro::executor);
  group.spawn(wait_and_note(log, cleaned));
  co_await time.sleep_for(milliseconds{5});
  group.cancel();
  co_await group.join();
}
TEST(deadline, a_cancelled_caller_ends_the_work_first) {
  std::string log;
  bool cleaned = false;
  run(cancel_caller(log, cleaned));
  EXPECT_EQ(log, "cancelled");
}

}  // namespace
}  // namespace ddm
