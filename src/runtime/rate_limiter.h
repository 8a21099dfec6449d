// A budget of units a second (read units, calls) that may be overdrawn by one request and is then
// waited off: what a read costs is known only from its answer.
#pragma once

#include "runtime/clock.h"
#include "runtime/drain_signal.h"
#include "runtime/signal.h"

#include <memory>
#include <vector>

namespace ddm {

/// The pure part: tokens that refill with time. May go negative (debt).
class token_bucket {
 public:
  /// `per_second` may be infinity. `burst` is the most that can be saved up.
  token_bucket(double per_second, double burst, wall_time now);
  /// The first time with a balance above `reserve`. Takes nothing.
  [[nodiscard]] wall_time ready_at(wall_time now, double reserve = 0);
  void take(double amount, wall_time now);
  void set_rate(double per_second, wall_time now);
  [[nodiscard]] double rate() const { return per_second_; }
  [[nodiscard]] double burst() const { return burst_; }

 private:
  void refill(wall_time now);
  double per_second_;
  double burst_;
  double tokens_;
  wall_time refilled_at_;
};

/// Shared by all tasks that read one table. First come, first served, but that work in the
/// background (a scan of the whole table) goes only while nothing live waits, and leaves it a
/// reserve. Budgets above it (what all tables may take together) are waited for as well, and the
/// same holds in each of them; who is drained leaves the others' waits alone.
class rate_limiter {
 public:
  enum class urgency {
    live,
    background,
  };

  /// `per_second` = infinity never waits.
  rate_limiter(clock& time, double per_second,
               std::vector<std::shared_ptr<rate_limiter>> above = {});

  /// Takes `estimate` units and waits until the balance before it would have been positive. False,
  /// and nothing taken: drained before that.
  [[nodiscard]] awaitable<bool> acquire(double estimate, urgency how = urgency::live);
  /// From now on nobody waits: what cannot be had at once is refused.
  void drain() {
    drain_.set();
    no_live_waits_.notify();
  }
  /// Nobody is granted anything any more; who waits, waits until it is drained.
  void close() { closed_ = true; }
  /// Books what a call really cost against what acquire() took for it.
  void correct(double estimate, double actual);
  /// The service throttled us: halve the pace, then win it back over the next minute.
  void slow_down();
  /// Of its own, without those above.
  [[nodiscard]] double rate() const { return bucket_.rate(); }
  void set_full_rate(double per_second);

 private:
  [[nodiscard]] awaitable<bool> await_idle_budget();
  [[nodiscard]] bool live_waits_above() const;
  /// With those above.
  [[nodiscard]] wall_time ready_at(wall_time now, double reserved_share);
  /// Of its own, and of those above (`now` where there are none).
  [[nodiscard]] wall_time own_ready_at(wall_time now, double reserved_share);
  [[nodiscard]] wall_time above_ready_at(wall_time now, double reserved_share);
  [[nodiscard]] awaitable<bool> wait_live(wall_time above_ready, wall_time ready);
  void take(double amount, wall_time now);
  class live_wait;
  void recover();
  clock& clock_;
  double full_rate_;
  token_bucket bucket_;
  std::size_t live_waiting_ = 0;
  signal no_live_waits_;  ///< or it is drained
  wall_time recovered_at_;
  drain_signal drain_;
  bool closed_ = false;
  std::vector<std::shared_ptr<rate_limiter>> above_;
};

}  // namespace ddm
