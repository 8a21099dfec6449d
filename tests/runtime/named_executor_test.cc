#include "runtime/named_executor.h"

#include "runtime/task_group.h"
#include "runtime/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ddm {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::SizeIs;

using names = std::vector<std::string>;

/// Notes the name at each step: after a post, a timer, another thread's work, a child's end.
awaitable<void> note_names(names& seen, clock& time, worker_pool& pool, signal& turn) {
  seen.push_back(log::present_name());
  co_await asio::post(asio::use_awaitable);
  seen.push_back(log::present_name());
  co_await time.sleep_for(1ms);
  seen.push_back(log::present_name());
  co_await pool.run([] {});
  seen.push_back(log::present_name());
  turn.notify();
  co_await turn.wait_until(time, time.now() + 1ms);
  seen.push_back(log::present_name());
}

awaitable<void> note_with_a_child(names& seen, clock& time, worker_pool& pool, signal& turn) {
  task_group children(co_await asio::this_coro::executor);
  children.spawn(note_names(seen, time, pool, turn));
  co_await note_names(seen, time, pool, turn);
  co_await children.join();
  seen.push_back(log::present_name());
}

awaitable<void> join(task_group& tasks) { co_await tasks.join(); }

TEST(named_executor, each_step_of_its_coroutines_has_its_name) {
  asio::io_context io;
  system_clock time;
  worker_pool pool(1);
  signal turn;  // of all: each wakes the others
  names orders;
  names users;
  names nobody;
  {
    task_group first(named_executor(io.get_executor(), "orders"));
    task_group second(named_executor(io.get_executor(), "users"));
    task_group third(io.get_executor());
    first.spawn(note_with_a_child(orders, time, pool, turn));
    second.spawn(note_with_a_child(users, time, pool, turn));
    third.spawn(note_with_a_child(nobody, time, pool, turn));
    for (auto* tasks : {&first, &second, &third}) {
      asio::co_spawn(io, join(*tasks), [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
    }
    io.run();
  }
  EXPECT_THAT(orders, AllOf(SizeIs(11), Each("orders")));
  EXPECT_THAT(users, AllOf(SizeIs(11), Each("users")));
  EXPECT_THAT(nobody, AllOf(SizeIs(11), Each("")));
  EXPECT_EQ(log::present_name(), "");
}

TEST(named_executor, is_equal_to_its_copies_only) {
  asio::io_context io;
  const asio::any_io_executor one = named_executor(io.get_executor(), "orders");
  asio::any_io_executor copy;
  copy = one;
  const asio::any_io_executor other = named_executor(io.get_executor(), "orders");
  EXPECT_EQ(one, copy);
  EXPECT_NE(one, other);
}

}  // namespace
}  // namespace ddm
