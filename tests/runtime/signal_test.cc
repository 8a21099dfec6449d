#include "runtime/signal.h"

#include "runtime/drain_signal.h"
#include "runtime/task_group.h"
#include "support/simulated_clock.h"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace ddm {
namespace {

using namespace std::chrono_literals;
using support::simulated_clock;

awaitable<void> note_news(signal& news, std::string& log, char mark) {
  co_await news.wait();
  log += mark;
}

awaitable<void> notify_after(clock& time, milliseconds delay, signal& news) {
  co_await time.sleep_for(delay);
  news.notify();
}

TEST(signal, wakes_all_who_wait) {
  simulated_clock time;
  signal news;
  std::string log;
  task_group tasks(time.executor());
  tasks.spawn(note_news(news, log, 'a'));
  tasks.spawn(note_news(news, log, 'b'));
  time.settle();
  EXPECT_EQ(log, "");
  news.notify();
  EXPECT_EQ(log, "") << "not within notify()";
  time.run(tasks.join());
  EXPECT_EQ(log, "ab");
}

TEST(signal, who_comes_after_the_news_waits_for_the_next) {
  simulated_clock time;
  signal news;
  std::string log;
  news.notify();
  task_group tasks(time.executor());
  tasks.spawn(note_news(news, log, 'a'));
  time.settle();
  EXPECT_EQ(log, "");
  news.notify();
  time.run(tasks.join());
  EXPECT_EQ(log, "a");
}

TEST(signal, news_that_come_while_nobody_waits_are_not_lost_to_who_knows_the_count_before) {
  simulated_clock time;
  signal news;
  const auto known = news.count();
  news.notify();
  const auto before = time.now();
  time.run(news.wait(known));
  time.run(news.wait_until(known, time, before + 1h));
  EXPECT_EQ(time.now(), before);
}

/// A worker that does each piece of work in a second; what comes meanwhile wakes nobody.
awaitable<void> work_off(clock& time, signal& news, int& left, int& done) {
  while (done < 3) {
    const auto known = news.count();
    for (; left > 0; --left) {
      co_await time.sleep_for(1s);
      ++done;
    }
    if (done < 3) {
      co_await news.wait(known);
    }
  }
}

awaitable<void> bring_work(clock& time, signal& news, int& left) {
  for (int i = 0; i < 3; ++i) {
    co_await time.sleep_for(700ms);
    ++left;
    news.notify();
  }
}

TEST(signal, a_worker_hears_of_all_that_comes_while_he_works) {
  simulated_clock time;
  signal news;
  int left = 0;
  int done = 0;
  task_group tasks(time.executor());
  tasks.spawn(work_off(time, news, left, done));
  tasks.spawn(bring_work(time, news, left));
  time.run(tasks.join());
  EXPECT_EQ(done, 3);
}

awaitable<milliseconds> time_waited(clock& time, signal& news, milliseconds longest) {
  const auto before = time.now();
  co_await news.wait_until(time, before + longest);
  co_return time.now() - before;
}

TEST(signal, a_wait_with_an_end_ends_with_the_news_or_then) {
  simulated_clock time;
  signal news;
  EXPECT_EQ(time.run(time_waited(time, news, 10s)), 10s);
  task_group tasks(time.executor());
  tasks.spawn(notify_after(time, 3s, news));
  EXPECT_EQ(time.run(time_waited(time, news, 10s)), 3s);
  EXPECT_EQ(time.sleepers(), 0U) << "who was woken sleeps no more";
  time.run(tasks.join());
}

TEST(signal, a_wait_with_an_end_in_the_past_is_none) {
  simulated_clock time;
  signal news;
  EXPECT_EQ(time.run(time_waited(time, news, -1s)), 0s);
}

awaitable<void> wait_in_vain(signal& news, std::string& log) {
  try {
    co_await news.wait();
  } catch (const boost::system::system_error& e) {
    log += e.code() == asio::error::operation_aborted ? "cancelled" : "?";
    throw;
  }
}

awaitable<void> wait_in_vain_until(clock& time, signal& news, std::string& log) {
  try {
    co_await news.wait_until(time, time.now() + 1h);
  } catch (const boost::system::system_error&) {
    log += " and cancelled";
    throw;
  }
}

TEST(signal, who_is_cancelled_while_he_waits_hears_of_that) {
  simulated_clock time;
  signal news;
  std::string log;
  task_group tasks(time.executor());
  tasks.spawn(wait_in_vain(news, log));
  tasks.spawn(wait_in_vain_until(time, news, log));
  time.settle();
  tasks.cancel();
  time.run(tasks.join());
  EXPECT_EQ(log, "cancelled and cancelled");
  EXPECT_EQ(time.sleepers(), 0U);
  news.notify();  // nobody is left whom it would wake
}

awaitable<void> wait_undisturbed(signal& news, int& returned) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await news.wait();
  returned += 1;
  co_await news.wait();
  returned += 10;
}

TEST(signal, who_must_not_be_thrown_at_returns_once_and_may_wait_again) {
  simulated_clock time;
  signal news;
  int returned = 0;
  task_group tasks(time.executor());
  tasks.spawn(wait_undisturbed(news, returned));
  time.settle();
  tasks.cancel();
  time.settle();
  EXPECT_EQ(returned, 1);
  news.notify();
  time.run(tasks.join());
  EXPECT_EQ(returned, 11);
}

TEST(signal, may_go_before_a_frame_that_waits_for_it) {
  simulated_clock time;
  auto news = std::make_unique<signal>();
  std::string log;
  asio::co_spawn(time.context(), note_news(*news, log, 'a'), [](const std::exception_ptr&) {});
  time.settle();
  news.reset();
  EXPECT_EQ(log, "");
}

TEST(signal, wakes_in_real_time_too) {
  asio::io_context loop;
  system_clock time;
  signal news;
  task_group tasks(loop.get_executor());
  std::string log;
  tasks.spawn(note_news(news, log, 'a'));
  tasks.spawn(notify_after(time, 1ms, news));
  loop.run();
  EXPECT_EQ(log, "a");
}

awaitable<milliseconds> real_time_waited(clock& time, signal& news) {
  const auto before = time.now();
  co_await news.wait_until(time, before + 20ms);
  co_await news.wait_until(news.count(), std::chrono::steady_clock::now() + 20ms);
  co_return time.now() - before;
}

TEST(signal, a_wait_in_real_time_ends_then) {
  asio::io_context loop;
  system_clock time;
  signal news;
  std::optional<milliseconds> waited;
  asio::co_spawn(loop, real_time_waited(time, news),
                 [&waited](const std::exception_ptr&, milliseconds value) { waited = value; });
  loop.run();
  ASSERT_TRUE(waited);
  EXPECT_GE(*waited, 39ms);
}

awaitable<bool> pause_for(drain_signal& draining, clock& time, milliseconds duration) {
  co_return co_await draining.sleep_until(time, time.now() + duration);
}

awaitable<void> drain_after(drain_signal& draining, clock& time, milliseconds delay) {
  co_await time.sleep_for(delay);
  draining.set();
}

TEST(drain_signal, ends_a_pause_at_once_and_all_later_ones) {
  simulated_clock time;
  drain_signal draining;
  EXPECT_TRUE(time.run(pause_for(draining, time, 10s)));
  task_group tasks(time.executor());
  tasks.spawn(drain_after(draining, time, 50ms));
  const auto before = time.now();
  EXPECT_FALSE(time.run(pause_for(draining, time, 10s)));
  EXPECT_EQ(time.now(), before + 50ms);
  EXPECT_FALSE(time.run(pause_for(draining, time, 1s)));
  EXPECT_EQ(time.now(), before + 50ms);
  EXPECT_TRUE(time.run(pause_for(draining, time, 0s))) << "nothing to wait for";
  time.run(tasks.join());
}

}  // namespace
}  // namespace ddm
