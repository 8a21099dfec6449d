// Coroutines with an owner.
//
// Problem: a detached coroutine outlives what it refers to, and its error is lost.
// Idea: every coroutine is spawned into a group; the group is joined before it is destroyed;
// joining waits for all, and rethrows the first exception that is not a cancellation.
// Reason: a shutdown is then a plain sequence: cancel, join, last commit, close.
//
// All calls are made on the executor's one thread.
#pragma once

#include "runtime/asio.h"
#include "runtime/signal.h"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <list>

namespace ddm {

class task_group {
 public:
  explicit task_group(asio::any_io_executor executor);
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  /// Aborts the process if a task still runs: it would use freed memory.
  ~task_group();

  /// Starts `task`; values it needs are parameters of the coroutine, not captures. An exception
  /// other than a cancellation cancels the whole group and comes out of join().
  void spawn(awaitable<void> task);
  /// Asks every running task to end: its next (or present) co_await throws operation_aborted. What
  /// such a task spawns on its way out does not begin: until join() has returned spawn() does
  /// nothing.
  void cancel();
  [[nodiscard]] std::size_t running() const { return tasks_.size(); }

  /// Waits until all tasks have ended. If the caller itself is cancelled meanwhile, the tasks are
  /// cancelled too, waited for, and the cancellation is thrown on; after that the caller may wait
  /// again, for its last commit, without being cancelled again.
  ///
  /// A caller that was cancelled at an earlier co_await does not get here, as Asio then throws at
  /// each further one. So let the owner wait for nothing else (what it waits for can be a task
  /// too), or have it say `co_await asio::this_coro::throw_if_cancelled(false)` before it joins.
  [[nodiscard]] awaitable<void> join();
  /// Both, one after the other.
  [[nodiscard]] awaitable<void> end();
  /// Waits until all tasks have ended, but no longer than until then. The group is to be joined all
  /// the same.
  [[nodiscard]] awaitable<void> await_end(clock& time, wall_time until);

 private:
  asio::any_io_executor executor_;
  std::list<asio::cancellation_signal> tasks_;
  bool cancelled_ = false;
  std::exception_ptr first_failure_;
  signal all_ended_;
};

/// True for the exception by which Asio reports cancellation.
[[nodiscard]] bool is_cancellation(const std::exception_ptr& failure);

}  // namespace ddm
