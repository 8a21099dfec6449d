#include "runtime/signal.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace ddm {
namespace {

using steady_time = std::chrono::steady_clock::time_point;

/// The task was cancelled while it waited.
awaitable<void> throw_if_wished() {
  if (co_await asio::this_coro::throw_if_cancelled()) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace

struct signal::waiter {
  waiter(signal& of, const asio::any_io_executor& executor)
      : owner(&of), timer(executor, steady_time::max()) {
    of.waiters_.push_back(this);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    if (owner != nullptr) {
      std::erase(owner->waiters_, this);
    }
  }

  signal* owner;  ///< nothing: destroyed before this frame was
  asio::steady_timer timer;
};

signal::~signal() {
  for (auto* each : waiters_) {
    each->owner = nullptr;
  }
}

void signal::notify() {
  ++count_;
  for (auto* each : waiters_) {
    each->timer.cancel();
  }
}

awaitable<void> signal::wait(std::uint64_t known) { return wait_until(known, steady_time::max()); }

awaitable<void> signal::wait_until(std::uint64_t known, steady_time until) {
  waiter self(*this, co_await asio::this_coro::executor);
  // A timer that has expired but not resumed its task yet cannot be cancelled any more: the count
  // tells, never the way in which the task was woken.
  while (count_ == known && std::chrono::steady_clock::now() < until) {
    self.timer.expires_at(until);
    const auto [failed] = co_await self.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (failed && count_ == known) {
      co_await throw_if_wished();
      co_return;
    }
  }
}

awaitable<void> signal::wait_until(std::uint64_t known, clock& time, wall_time until) {
  waiter self(*this, co_await asio::this_coro::executor);
  while (count_ == known && time.now() < until) {
    const bool undisturbed = co_await time.doze(self.timer, until);
    if (!undisturbed && count_ == known) {
      co_await throw_if_wished();
      co_return;
    }
  }
}

}  // namespace ddm
