// For how long all has been well: what stands between "nothing is wrong now" and GO.
//
// It is earned while the source lives and kept over restarts. Something wrong or late takes it
// away; what is just not known (the first seconds of a process, a table that does not answer)
// earns nothing and takes nothing. After a freeze, or once reading has stopped, only the rest
// drains: what was earned stays, and nothing more is earned.
#pragma once

#include "base/time.h"
#include "report/verdict.h"

#include <optional>

namespace ddm::monitor {

class settling {
 public:
  /// `earned` by earlier processes.
  explicit settling(milliseconds needed, milliseconds earned = milliseconds{0})
      : needed_(needed), lasted_(earned) {}

  void observe(report::health health, wall_time now) {
    if (health == report::health::unwell) {
      lasted_ = milliseconds{0};
      met_ = false;
    } else if (health == report::health::well) {
      met_ = true;
      // A clock that was set back, or a machine that slept, has not seen what was in between.
      const auto since = well_at_ ? now - *well_at_ : milliseconds{0};
      lasted_ += since > milliseconds{0} && since <= gap_max ? since : milliseconds{0};
    }
    well_at_ = health == report::health::well ? std::optional(now) : std::nullopt;
  }
  [[nodiscard]] milliseconds lasted() const { return lasted_; }
  [[nodiscard]] bool settled() const { return (met_ || lasted_.count() > 0) && lasted_ >= needed_; }

 private:
  /// Observations come about each second.
  static constexpr milliseconds gap_max{60'000};

  milliseconds needed_;
  milliseconds lasted_;
  bool met_ = false;  ///< it was well at some time: with nothing to earn that is enough
  std::optional<wall_time> well_at_;
};

}  // namespace ddm::monitor
