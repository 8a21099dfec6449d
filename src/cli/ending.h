// The wish to end, from outside: the first signal drains, the next one leaves at once.
//
// Idea: whoever has something to end in order says so, for as long as he has. Reason: a signal that
// comes while nobody does (everything is still being opened) finds nothing worth waiting for; and
// one that ends several migrations reaches each of them, also one that has just begun.
#pragma once

#include "runtime/asio.h"
#include "runtime/signal.h"

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <list>

namespace ddm::cli {

class ending {
 public:
  /// `draws`: the process moves the cursor of a terminal.
  ending(asio::io_context& io, bool draws);

  /// Obeys the process's signals, until it is cancelled.
  [[nodiscard]] awaitable<void> obey();
  /// Drains all, as the first signal does.
  void ask();
  [[nodiscard]] bool asked() const { return asked_; }
  /// Notified when it is asked for.
  [[nodiscard]] signal& news() { return news_; }

 private:
  friend class drains_on_signal;

  asio::signal_set signals_;
  const bool draws_;
  bool asked_ = false;
  signal news_;
  std::list<std::function<void()>> listeners_;
};

/// While it lives: the first signal calls `request_stop`; at once if it has come already.
class drains_on_signal {
 public:
  drains_on_signal(ending& end, std::function<void()> request_stop);
  drains_on_signal(const drains_on_signal&) = delete;
  drains_on_signal& operator=(const drains_on_signal&) = delete;
  ~drains_on_signal();

 private:
  ending& end_;
  std::list<std::function<void()>>::iterator place_;
};

}  // namespace ddm::cli
