// Runs one asynchronous operation to its end.
#pragma once

#include "runtime/asio.h"

#include <exception>
#include <optional>
#include <utility>

namespace ddm::support {

/// On a loop of its own; what it gives, or its exception.
template <class T>
T complete(awaitable<T> operation) {
  asio::io_context context;
  std::optional<T> outcome;
  asio::co_spawn(context, std::move(operation), [&](const std::exception_ptr& failed, T value) {
    if (failed) {
      std::rethrow_exception(failed);
    }
    outcome = std::move(value);
  });
  context.run();
  return *std::move(outcome);
}

}  // namespace ddm::support
