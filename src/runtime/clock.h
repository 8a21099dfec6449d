// Time as an interface, so that a simulation can own it.
//
// Problem: a monitor that runs for days must be tested in seconds, and the same way each time.
// Idea: whoever waits or asks for the time does so through a clock that was passed in. The real one
// reads the system's; the simulated one (tests/support) jumps to the next wake-up when nothing
// runs.
// Reason: decisions then see the same times in production, in unit tests and in the simulation.
#pragma once

#include "base/time.h"
#include "runtime/asio.h"

#include <boost/asio/steady_timer.hpp>

namespace ddm {

class clock {
 public:
  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;

  /// Wall time that never steps backwards while the process lives (see system_clock).
  [[nodiscard]] virtual wall_time now() const = 0;
  /// Throws boost::system::system_error(operation_aborted) when the awaiting task is cancelled.
  [[nodiscard]] virtual awaitable<void> sleep_until(wall_time time) = 0;

  [[nodiscard]] awaitable<void> sleep_for(milliseconds duration);

  /// Waits on `timer` once: until then, until it is cancelled, or, for no reason, until sooner.
  /// False when it was cancelled, by whoever holds it or together with the task; does not throw
  /// then. For runtime/signal.h.
  [[nodiscard]] virtual awaitable<bool> doze(asio::steady_timer& timer, wall_time until) = 0;
};

/// The wall time at construction plus the time since boot that has passed: an NTP step or an
/// operator who sets the clock neither suspends all checks nor ages them; a suspended laptop does
/// age them.
class system_clock final : public clock {
 public:
  system_clock();
  [[nodiscard]] wall_time now() const override;
  [[nodiscard]] awaitable<void> sleep_until(wall_time time) override;
  [[nodiscard]] awaitable<bool> doze(asio::steady_timer& timer, wall_time until) override;

 private:
  milliseconds boot_to_wall_;
};

}  // namespace ddm
