// The wish to end, as those see it who wait for their turn.
//
// Problem: a run that drains waits for the answers in flight, and its calls may be waiting too: for
// a budget, or before a retry. Cancelling them would lose the answers.
// Idea: whoever only waits asks this first and gives up; what was sent is answered.
// Reason: an end then takes as long as an answer, whatever the budgets are and the service does.
#pragma once

#include "runtime/clock.h"
#include "runtime/signal.h"

namespace ddm {

class drain_signal {
 public:
  /// For good.
  void set() {
    set_ = true;
    set_now_.notify();
  }
  [[nodiscard]] bool is_set() const { return set_; }

  /// Sleeps until then, or until the signal. False: signalled before that time.
  [[nodiscard]] awaitable<bool> sleep_until(clock& time, wall_time until) {
    if (!set_) {
      co_await set_now_.wait_until(time, until);
    }
    co_return time.now() >= until;
  }

 private:
  bool set_ = false;
  signal set_now_;
};

}  // namespace ddm
