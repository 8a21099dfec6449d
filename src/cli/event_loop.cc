#include "cli/event_loop.h"

#include <csignal>
#include <exception>
#include <utility>

namespace ddm::cli {

int run_to_end(asio::io_context& io, awaitable<int> command) {
  // A Ctrl-C that ends `| tee` as well must not keep us from saving what was done.
  std::signal(SIGPIPE, SIG_IGN);
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

}  // namespace ddm::cli
