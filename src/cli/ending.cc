#include "cli/ending.h"

#include "base/log.h"
#include "base/write_all.h"
#include "cli/event_loop.h"

#include <cstdlib>
#include <iterator>
#include <poll.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

/// Also where nobody reads what standard error says.
[[noreturn]] void complain_and_leave(int signal, bool draws) {
  pollfd reader{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&reader, 1, 0) == 1) {
    if (draws) {
      // The signal may have come amid a frame of the panel: cursor and wrapping on.
      std::ignore = write_all(STDERR_FILENO, "\x1b[?7h\x1b[?25h");
    }
    std::ignore = write_all(STDERR_FILENO,
                            "\nleaving at once; the next start resumes from the last commit\n");
  }
  std::_Exit(128 + signal);
}

}  // namespace

ending::ending(asio::io_context& io, bool draws) : signals_(io), draws_(draws) {
  add_ending_signals(signals_);
}

awaitable<void> ending::obey() {
  for (;;) {
    const int number = co_await signals_.async_wait(asio::use_awaitable);
    if (asked_ || listeners_.empty()) {
      // The state holds the last commit: leaving at once loses nothing.
      complain_and_leave(number, draws_);
    }
    ask();
    log::event(log::level::info, "draining",
               "reading stops, batches in flight are finished; a second signal leaves at once",
               {{"signal", number}});
  }
}

void ending::ask() {
  asked_ = true;
  for (const auto& request_stop : listeners_) {
    request_stop();
  }
  news_.notify();
}

drains_on_signal::drains_on_signal(ending& end, std::function<void()> request_stop)
    : end_(end), place_(end.listeners_.insert(end.listeners_.end(), std::move(request_stop))) {
  if (end_.asked()) {
    (*place_)();
  }
}

drains_on_signal::~drains_on_signal() { end_.listeners_.erase(place_); }

}  // namespace ddm::cli
