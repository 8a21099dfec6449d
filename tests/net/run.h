// Runs a test's coroutine to its end in real time.
#pragma once

#include "runtime/asio.h"

#include <exception>
#include <utility>

namespace ddm::net {

inline void run(awaitable<void> task) {
  asio::io_context context(1);
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) { failure = std::move(e); });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace ddm::net
