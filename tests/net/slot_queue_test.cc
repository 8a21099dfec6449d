#include "net/slot_queue.h"

#include "net/run.h"
#include "runtime/task_group.h"

#include <gtest/gtest.h>

#include <string>

namespace ddm::net {
namespace {

awaitable<void> yield() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

awaitable<void> take(slot_queue& slots, std::string& log, char mark) {
  const auto slot = co_await slots.acquire();
  log += mark;
  co_await yield();
}

awaitable<void> in_order() {
  const auto executor = co_await asio::this_coro::executor;
  slot_queue slots(1);
  std::string log;
  task_group group(executor);
  for (const char mark : {'a', 'b', 'c'}) {
    group.spawn(take(slots, log, mark));
  }
  co_await group.join();
  EXPECT_EQ(log, "abc");
  EXPECT_EQ(slots.waiting(), 0U);
}
TEST(slot_queue, who_comes_first_is_served_first) { run(in_order()); }

awaitable<void> cancelled_waiter() {
  const auto executor = co_await asio::this_coro::executor;
  slot_queue slots(1);
  std::string log;
  task_group givers_up(executor);
  task_group others(executor);
  {
    const auto held = co_await slots.acquire();
    givers_up.spawn(take(slots, log, 'x'));
    others.spawn(take(slots, log, 'a'));
    co_await yield();
    co_await yield();
    EXPECT_EQ(slots.waiting(), 2U);
    givers_up.cancel();
    co_await givers_up.join();
    EXPECT_EQ(slots.waiting(), 1U);
  }
  co_await others.join();
  EXPECT_EQ(log, "a");
}
TEST(slot_queue, who_gives_up_waiting_leaves_the_queue) { run(cancelled_waiter()); }

awaitable<void> granted_and_cancelled() {
  const auto executor = co_await asio::this_coro::executor;
  slot_queue slots(1);
  std::string log;
  task_group group(executor);
  {
    const auto held = co_await slots.acquire();
    group.spawn(take(slots, log, 'x'));
    co_await yield();
    co_await yield();
  }
  group.cancel();  // the slot has been granted to the waiter, which has not run yet
  co_await group.join();
  const auto again = co_await slots.acquire();
  EXPECT_TRUE(again);
}
TEST(slot_queue, a_slot_granted_to_one_who_gives_up_is_not_lost) { run(granted_and_cancelled()); }

}  // namespace
}  // namespace ddm::net
