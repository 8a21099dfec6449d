// The wish to end, as those see it who wait for their turn.
//
// Problem: a run that drains waits for the answers in flight, and its calls may be waiting too: for
// a budget, or before a retry. Cancelling them would lose the answers.
// Idea: whoever only waits asks this first and gives up; what was sent is answered.
// Reason: an end then takes as long as an answer, whatever the budgets are and the service does.
#pragma once

#include "runtime/clock.h"

#include <algorithm>

namespace ddm {

class drain_signal {
 public:
  /// For good.
  void set() { set_ = true; }
  [[nodiscard]] bool is_set() const { return set_; }

  /// Sleeps until then, or for a moment after the signal. False: signalled before that time.
  [[nodiscard]] awaitable<bool> sleep_until(clock& time, wall_time until) const {
    while (!set_ && time.now() < until) {
      co_await time.sleep_until(std::min(until, time.now() + look_interval));
    }
    co_return time.now() >= until;
  }

 private:
  static constexpr milliseconds look_interval{200};
  bool set_ = false;
};

}  // namespace ddm
