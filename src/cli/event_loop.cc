#include "cli/event_loop.h"

#include "net/host_lookup.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace ddm::cli {

void add_ending_signals(asio::signal_set& signals) {
  signals.add(SIGINT);
  signals.add(SIGTERM);
  struct sigaction present{};
  if (::sigaction(SIGHUP, nullptr, &present) == 0 && present.sa_handler != SIG_IGN) {
    signals.add(SIGHUP);
  }
}

int run_to_end(asio::io_context& io, awaitable<int> command) {
  // A Ctrl-C that ends `| tee` as well must not keep us from saving what was done.
  std::signal(SIGPIPE, SIG_IGN);
  // A file size limit is then an error of the write, which is told, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  int code = 0;
  asio::co_spawn(io, std::move(command), [&](const std::exception_ptr& failure, int result) {
    if (failure) {
      std::rethrow_exception(failure);
    }
    code = result;
    io.stop();
  });
  io.run();
  return code;
}

int leave_with(int code) {
  if (net::host_lookup::running() > 0) {
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}

}  // namespace ddm::cli
