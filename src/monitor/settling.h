// For how long all has been well: what stands between "nothing is wrong now" and GO.
//
// It is earned while the source lives. After a freeze, or once reading has stopped, only the rest
// drains: what was earned stays, and nothing more is earned.
#pragma once

#include "base/time.h"

#include <optional>

namespace ddm::monitor {

class settling {
 public:
  explicit settling(milliseconds needed) : needed_(needed) {}

  void observe(bool well, wall_time now) {
    if (!well) {
      since_.reset();
    } else if (!since_) {
      since_ = now;
    }
    lasted_ = since_ ? now - *since_ : milliseconds{0};
  }
  [[nodiscard]] milliseconds lasted() const { return lasted_; }
  [[nodiscard]] bool settled() const { return since_ && lasted_ >= needed_; }

 private:
  milliseconds needed_;
  std::optional<wall_time> since_;
  milliseconds lasted_{0};
};

}  // namespace ddm::monitor
