// A budget of units a second (read units, calls) that may be overdrawn by one request and is then
// waited off: what a read costs is known only from its answer.
#pragma once

#include "runtime/clock.h"

namespace ddm {

/// The pure part: tokens that refill with time. May go negative (debt).
class token_bucket {
 public:
  /// `per_second` may be infinity. `burst` is the most that can be saved up.
  token_bucket(double per_second, double burst, wall_time now);
  /// The first time with a positive balance. Takes nothing.
  [[nodiscard]] wall_time ready_at(wall_time now);
  void take(double amount, wall_time now);
  void set_rate(double per_second, wall_time now);
  [[nodiscard]] double rate() const { return per_second_; }

 private:
  void refill(wall_time now);
  double per_second_;
  double burst_;
  double tokens_;
  wall_time refilled_at_;
};

/// Shared by all tasks that read one table. First come, first served.
class rate_limiter {
 public:
  /// `per_second` = infinity never waits.
  rate_limiter(clock& time, double per_second);

  /// Takes `estimate` units and waits until the balance before it would have been positive.
  [[nodiscard]] awaitable<void> acquire(double estimate);
  /// Books what a call really cost against what acquire() took for it.
  void correct(double estimate, double actual);
  /// The service throttled us: halve the pace, then win it back over the next minute.
  void slow_down();
  [[nodiscard]] double rate() const { return bucket_.rate(); }

 private:
  void recover();
  clock& clock_;
  double full_rate_;
  token_bucket bucket_;
  wall_time recovered_at_;
};

}  // namespace ddm
