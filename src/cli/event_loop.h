// Runs a command's coroutine on its event loop to the end.
#pragma once

#include "runtime/asio.h"

namespace ddm::cli {

/// The exit code that `command` returns; its exceptions come through. What else runs on `io` is
/// left behind. A reader of our output that goes away no longer ends the process.
[[nodiscard]] int run_to_end(asio::io_context& io, awaitable<int> command);

}  // namespace ddm::cli
