#include "runtime/clock.h"
#include "runtime/task_group.h"

#include <gtest/gtest.h>

namespace ddm {
namespace {

TEST(system_clock, shows_the_wall_time_and_never_steps_back) {
  const system_clock time;
  const auto wall = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  EXPECT_LT(std::chrono::abs(time.now() - wall), milliseconds{1000});
  auto last = time.now();
  for (int i = 0; i < 1000; ++i) {
    const auto now = time.now();
    EXPECT_GE(now, last);
    last = now;
  }
}

awaitable<void> sleep_until_the_end_of_time(clock& time) {
  co_await time.sleep_until(wall_time::max());
}

awaitable<void> sleep(clock& time) {
  const auto before = time.now();
  co_await time.sleep_for(milliseconds{5});
  EXPECT_GE(time.now() - before, milliseconds{5});
  co_await time.sleep_until(before);  // past: returns at once

  task_group group(co_await asio::this_coro::executor);
  group.spawn(sleep_until_the_end_of_time(time));
  co_await time.sleep_for(milliseconds{1});
  EXPECT_EQ(group.running(), 1U);
  group.cancel();
  co_await group.join();
}

TEST(system_clock, sleeps_as_long_as_it_was_told_and_can_be_cancelled) {
  system_clock time;
  asio::io_context context;
  std::exception_ptr failure;
  asio::co_spawn(context, sleep(time), [&](std::exception_ptr e) { failure = std::move(e); });
  context.run();
  EXPECT_FALSE(failure);
}

}  // namespace
}  // namespace ddm
