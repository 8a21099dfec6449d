#include "runtime/worker_pool.h"

#include "runtime/task_group.h"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ddm {
namespace {

void run(awaitable<void> task) {
  asio::io_context context;
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) { failure = std::move(e); });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

awaitable<void> elsewhere_and_back() {
  worker_pool pool(2);
  const auto here = std::this_thread::get_id();
  const auto there = co_await pool.run([] { return std::this_thread::get_id(); });
  EXPECT_NE(there, here);
  EXPECT_EQ(std::this_thread::get_id(), here);
}
TEST(worker_pool, work_runs_elsewhere_and_the_caller_goes_on_where_it_was) {
  run(elsewhere_and_back());
}

awaitable<void> inline_work() {
  worker_pool pool(0);
  const auto here = std::this_thread::get_id();
  EXPECT_EQ(co_await pool.run([] { return std::this_thread::get_id(); }), here);
}
TEST(worker_pool, without_threads_work_runs_at_once) { run(inline_work()); }

awaitable<void> throwing_work() {
  worker_pool pool(1);
  co_await pool.run([]() -> int { throw std::runtime_error("planned"); });
}
TEST(worker_pool, an_exception_of_the_work_comes_through) {
  EXPECT_THROW(run(throwing_work()), std::runtime_error);
}

/// `started` tells that the work runs; it ends when `may_end` is set.
awaitable<void> long_work(worker_pool& pool, std::promise<void>& started,
                          std::shared_future<void> may_end, std::atomic<bool>& resumed) {
  int local = 0;
  co_await pool.run([&started, &may_end, &local] {
    started.set_value();
    may_end.wait();
    return ++local;
  });
  resumed = true;
  EXPECT_EQ(local, 1);
}

awaitable<void> cancel_during_work(std::atomic<bool>& resumed) {
  worker_pool pool(1);
  std::promise<void> started;
  std::promise<void> may_end;
  task_group group(co_await asio::this_coro::executor);
  group.spawn(long_work(pool, started, may_end.get_future().share(), resumed));
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  started.get_future().wait();
  group.cancel();
  EXPECT_EQ(group.running(), 1U);
  may_end.set_value();
  co_await group.join();
}
TEST(worker_pool, a_cancelled_caller_still_waits_for_work_that_uses_its_locals) {
  std::atomic<bool> resumed = false;
  run(cancel_during_work(resumed));
  EXPECT_TRUE(resumed);
}

awaitable<void> note_in_lane(worker_pool& lane, std::vector<int>& order, int number) {
  co_await lane.run([&order, number] { order.push_back(number); });  // no lock: one after the other
}

awaitable<void> lanes_beside_each_other() {
  worker_pool threads(4);
  std::vector<int> one_order;
  std::vector<int> other_order;
  worker_pool one(worker_pool::lane_of{threads});
  worker_pool other(worker_pool::lane_of{threads});
  task_group tasks(co_await asio::this_coro::executor);
  for (int i = 0; i < 200; ++i) {
    tasks.spawn(note_in_lane(one, one_order, i));
    tasks.spawn(note_in_lane(other, other_order, i));
  }
  co_await tasks.join();
  for (const auto* order : {&one_order, &other_order}) {
    EXPECT_EQ(order->size(), 200U);
    EXPECT_TRUE(std::ranges::is_sorted(*order));
  }
}
/// Every thread waits for what only another piece of work brings about.
awaitable<void> stand_ins() {
  worker_pool threads(2);
  std::promise<void> may_end;
  const auto end = may_end.get_future().share();
  std::vector<std::unique_ptr<worker_pool>> lanes;
  std::vector<bool> over(5, false);
  task_group waiting(co_await asio::this_coro::executor);
  for (std::size_t i = 0; i < 4; ++i) {
    lanes.push_back(std::make_unique<worker_pool>(worker_pool::lane_of{threads}));
    waiting.spawn([](worker_pool& pool, worker_pool& lane, std::shared_future<void> last,
                     std::vector<bool>& ended, std::size_t number) -> awaitable<void> {
      co_await lane.run([&] {
        const worker_pool::stand_in other(pool);
        last.wait();
      });
      ended[number] = true;
    }(threads, *lanes.back(), end, over, i));
  }
  EXPECT_EQ(co_await threads.run([] { return 7; }), 7);
  EXPECT_EQ(std::ranges::count(over, true), 0);
  may_end.set_value();
  co_await waiting.join();
  EXPECT_EQ(std::ranges::count(over, true), 4);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(co_await threads.run([] { return 7; }), 7) << "some have left, and enough are there";
  }
}
TEST(worker_pool, whoever_waits_for_long_has_a_stand_in) { run(stand_ins()); }

TEST(worker_pool, a_lane_keeps_its_order) { run(lanes_beside_each_other()); }

awaitable<void> one_lane_waits() {
  worker_pool threads(2);
  worker_pool slow(worker_pool::lane_of{threads});
  worker_pool quick(worker_pool::lane_of{threads});
  std::promise<void> may_end;
  task_group tasks(co_await asio::this_coro::executor);
  bool ended = false;
  tasks.spawn([](worker_pool& lane, std::shared_future<void> end, bool& over) -> awaitable<void> {
    co_await lane.run([&] { end.wait(); });
    over = true;
  }(slow, may_end.get_future().share(), ended));
  EXPECT_EQ(co_await quick.run([] { return 7; }), 7);
  EXPECT_FALSE(ended);
  may_end.set_value();
  co_await tasks.join();
}
TEST(worker_pool, a_lane_that_waits_holds_no_other_up) { run(one_lane_waits()); }

TEST(worker_pool, a_lane_of_no_threads_works_at_once) {
  worker_pool none(0);
  worker_pool lane(worker_pool::lane_of{none});
  run([](worker_pool& pool) -> awaitable<void> {
    const auto here = std::this_thread::get_id();
    EXPECT_EQ(co_await pool.run([] { return std::this_thread::get_id(); }), here);
  }(lane));
}

}  // namespace
}  // namespace ddm
