#include "runtime/task_group.h"

#include "base/error.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace ddm {

bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

task_group::task_group(asio::any_io_executor executor) : executor_(std::move(executor)) {}

task_group::~task_group() {
  if (!tasks_.empty()) {
    broken_invariant("a task group was destroyed while its tasks ran");
  }
}

void task_group::spawn(awaitable<void> task) {
  if (cancelled_) {
    return;
  }
  tasks_.emplace_back();
  const auto self = std::prev(tasks_.end());
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(self->slot(), [this, self](std::exception_ptr e) {
                   tasks_.erase(self);
                   if (e && !is_cancellation(e)) {
                     if (!first_failure_) {
                       first_failure_ = e;
                     }
                     cancel();
                   }
                   if (tasks_.empty()) {
                     all_ended_.notify();
                   }
                 }));
}

void task_group::cancel() {
  cancelled_ = true;
  // A task that ends inside emit() erases itself: step on before emitting.
  for (auto task = tasks_.begin(); task != tasks_.end();) {
    (task++)->emit(asio::cancellation_type::terminal);
  }
}

awaitable<void> task_group::end() {
  cancel();
  co_await join();
}

awaitable<void> task_group::await_end(clock& time, wall_time until) {
  if (!tasks_.empty()) {
    co_await all_ended_.wait_until(time, until);
  }
}

awaitable<void> task_group::join() {
  // Nothing may throw before the last task has ended.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  bool cancelled = false;
  while (!tasks_.empty()) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (!cancelled && state.cancelled() != asio::cancellation_type::none) {
      cancelled = true;
      cancel();
    }
    co_await all_ended_.wait();
  }
  cancelled_ = false;
  co_await asio::this_coro::throw_if_cancelled(throws);
  const auto state = co_await asio::this_coro::cancellation_state;
  cancelled = state.cancelled() != asio::cancellation_type::none;
  if (cancelled) {
    // Once is enough: what the caller still has to do (a last commit) is not to be cut short.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  }
  if (first_failure_) {
    std::rethrow_exception(std::exchange(first_failure_, nullptr));
  }
  if (cancelled) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace ddm
