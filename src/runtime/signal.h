// A wake-up: one task waits for news, another one has some.
//
// Problem: a timer that never expires and is cancelled to wake its waiter forgets: who comes a
// moment later sleeps on, and who is woken cannot tell news from the end of his own task. Polling
// is safe from that, and costs a wake-up each few milliseconds for days.
// Idea: news are counted. A waiter says up to which count he knows, and waits only for what is
// beyond it: news that came before he lay down are not lost. All who wait are woken.
// Reason: whoever waits looks at the state itself anyway; that it has changed is all he must hear.
//
// All calls are made on one thread. The count is 0 at first.
#pragma once

#include "runtime/clock.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace ddm {

class signal {
 public:
  signal() = default;
  signal(const signal&) = delete;
  signal& operator=(const signal&) = delete;
  ~signal();

  /// Wakes all who wait. They go on later, not within this call.
  void notify();
  [[nodiscard]] std::uint64_t count() const { return count_; }

  // Each wait throws operation_aborted when the awaiting task is cancelled before news have come;
  // in a task that has said throw_if_cancelled(false) it then returns early instead.

  /// Until count() is beyond `known`: at once if it is already.
  [[nodiscard]] awaitable<void> wait(std::uint64_t known);
  /// Until the next notify(): for one who has looked at the state without a co_await in between.
  [[nodiscard]] awaitable<void> wait() { return wait(count_); }
  /// The same, but no longer than until then, by a clock that may be simulated.
  [[nodiscard]] awaitable<void> wait_until(std::uint64_t known, clock& time, wall_time until);
  [[nodiscard]] awaitable<void> wait_until(clock& time, wall_time until) {
    return wait_until(count_, time, until);
  }
  /// In real time only, for sockets.
  [[nodiscard]] awaitable<void> wait_until(std::uint64_t known,
                                           std::chrono::steady_clock::time_point until);

 private:
  /// Lives in the frame of a wait. Its timer is there to be cancelled.
  struct waiter;

  std::uint64_t count_ = 0;
  std::vector<waiter*> waiters_;
};

}  // namespace ddm
