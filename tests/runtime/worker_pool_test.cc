#include "runtime/worker_pool.h"

#include "runtime/task_group.h"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

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

}  // namespace
}  // namespace ddm
