// What has to be done after a task, however that ended: the part of a destructor, where it must
// wait.
#pragma once

#include "runtime/asio.h"

#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace ddm {

/// Runs `task`, then `after`, which is waited for also where the caller has been cancelled by then;
/// what `task` gave, or its exception.
template <class T>
[[nodiscard]] awaitable<T> then_always(awaitable<T> task, std::function<awaitable<void>()> after) {
  std::optional<T> given;
  std::exception_ptr failure;
  try {
    given.emplace(co_await std::move(task));
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await after();
  co_await asio::this_coro::throw_if_cancelled(true);
  if (failure) {
    std::rethrow_exception(failure);
  }
  co_return *std::move(given);
}

}  // namespace ddm
