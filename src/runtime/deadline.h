// Work that must end in time.
//
// Problem: Asio's `a() || b()` hides the losing side's error, and a cancelled coroutine throws at
// each further co_await, so that a clean-up which waits is easily cut short.
// Idea: the work runs as a child that is always waited for; the deadline and the caller's own
// cancellation both end it the same way, by cancelling it.
// Reason: whoever writes the work only has to be cancellation-safe; a time-out is no case of its
// own.
//
// For real time only (sockets): what the simulation replays waits through ddm::clock.
#pragma once

#include "base/time.h"
#include "runtime/asio.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace ddm {

/// How much longer work that has passed its limit may take; 0: no longer.
using extension = std::function<milliseconds()>;

/// The value of `work`, or nothing when `limit` passed first, and all that `more` gave it: the work
/// has then been cancelled and has ended. Its exceptions come through. If the caller is cancelled,
/// so is the work, and the cancellation is thrown on. T must be default-constructible.
template <class T>
[[nodiscard]] awaitable<std::optional<T>> with_deadline(milliseconds limit, awaitable<T> work,
                                                        extension more = {}) {
  const auto executor = co_await asio::this_coro::executor;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);

  struct {
    std::optional<T> value;
    std::exception_ptr failure;
    bool known = false;
  } outcome;
  asio::cancellation_signal give_up;
  signal ended;
  auto until = std::chrono::steady_clock::now() + limit;
  asio::co_spawn(executor, std::move(work),
                 asio::bind_cancellation_slot(give_up.slot(), [&](std::exception_ptr e, T value) {
                   outcome.known = true;
                   if (e) {
                     outcome.failure = e;
                   } else {
                     outcome.value = std::move(value);
                   }
                   ended.notify();
                 }));
  // The work begins at once, and may even have ended by now.
  const auto before = (co_await asio::this_coro::cancellation_state).cancelled();
  for (bool waits = before == asio::cancellation_type::none; waits && !outcome.known;) {
    co_await ended.wait_until(0, until);
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    const bool is_late = !outcome.known && cancelled == asio::cancellation_type::none;
    const auto extra = is_late && more ? more() : milliseconds{0};
    waits = extra > milliseconds{0};
    if (waits) {
      until = std::chrono::steady_clock::now() + extra;
    }
  }
  if (!outcome.known) {
    give_up.emit(asio::cancellation_type::terminal);
    while (!outcome.known) {
      co_await ended.wait();
    }
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (outcome.failure && !is_cancellation(outcome.failure)) {
    std::rethrow_exception(outcome.failure);
  }
  co_return std::move(outcome.value);
}

}  // namespace ddm
