// How far the service's clock is ahead of ours, by the Date headers of its answers.
//
// Problem: the age of what was read last is told by our clock, which stands still while a virtual
// machine is paused or moved: the minutes in which nothing was read would not count.
// Idea: each answer bounds the difference of the two clocks, the bounds are narrowed as long as
// they agree, and moved no further than needed when they do not. Ages count by the later clock.
// Reason: a Date that is hours ahead is believed as well. AWS refuses a signature that is minutes
// off, so such a Date comes from a service that does not look, whose clock is the one of the
// creation times, or after a pause. Believing it makes ages too large at worst, and that is a WAIT;
// not believing it could make a GO of a reading that lies hours back.
#pragma once

#include "base/time.h"

namespace ddm::stream {

class service_clock {
 public:
  /// The Date header is cut to the second.
  static constexpr milliseconds date_unit{1000};

  /// A question that was asked at `asked` and answered at `answered`, by our clock, was dated
  /// `date`.
  void on_answer(wall_time asked, wall_time answered, wall_time date);

  /// 0 when the service's clock is not known to be ahead of ours.
  [[nodiscard]] milliseconds ahead() const;
  /// 0 when the service's clock is not known to be behind ours.
  [[nodiscard]] milliseconds behind() const;
  /// Between which moments, by the later clock, the service's showed `theirs`.
  [[nodiscard]] wall_time earliest(wall_time theirs) const { return theirs - at_most_ + ahead(); }
  [[nodiscard]] wall_time latest(wall_time theirs) const { return theirs - at_least_ + ahead(); }
  /// The later of our time and what the service's clock shows then.
  [[nodiscard]] wall_time later(wall_time ours) const { return ours + ahead(); }
  [[nodiscard]] std::optional<wall_time> later(std::optional<wall_time> ours) const {
    return ours ? std::optional(later(*ours)) : std::nullopt;
  }
  /// Grows by one when one of the clocks stood still, or was set, by more than a second: what was
  /// timed before it cannot be compared with what comes after.
  [[nodiscard]] int jumps() const { return jumps_; }

 private:
  bool known_ = false;
  milliseconds at_least_{0};
  milliseconds at_most_{0};
  int jumps_ = 0;
};

}  // namespace ddm::stream
