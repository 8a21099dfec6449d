// Runs a command's coroutine on its event loop to the end.
#pragma once

#include "base/console.h"
#include "base/log.h"
#include "cli/options.h"
#include "cli/standard_output.h"
#include "runtime/asio.h"

#include <boost/asio/signal_set.hpp>

namespace ddm::cli {

/// SIGINT, SIGTERM, and SIGHUP unless somebody (`nohup`) has it ignored: all of them drain.
void add_ending_signals(asio::signal_set& signals);

/// The exit code that `command` returns; its exceptions come through. What else runs on `io` is
/// left behind. A reader of our output that goes away no longer ends the process, nor does a file
/// that grows beyond its limit.
[[nodiscard]] int run_to_end(asio::io_context& io, awaitable<int> command);

/// `code`, to be asked for when all that has to be closed is closed. Does not return while a name
/// is being looked up: the loop would wait for that until the resolver gives up, some 20 s.
[[nodiscard]] int leave_with(int code);

/// A command from its beginning to its exit code, with a loop of its own. `make(io)` gives the
/// object whose run() it is. Nothing that it writes holds it up; at the end a signal ends the
/// waiting for a reader.
template <class Make>
[[nodiscard]] int run_process(const migration_options& options, Make make) {
  log::configure(options.log_format, options.log_level);
  asio::io_context io(1);
  int code = 0;
  {
    const console::background unhindered;
    auto run = make(io);
    code = run_to_end(io, run->run());
    run.reset();
  }
  return leave_with(code_after_output(code));
}

}  // namespace ddm::cli
