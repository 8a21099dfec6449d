// "31 min late, gaining, there in about 11 min": how fast replication that is behind catches up.
#pragma once

#include "report/status.h"

#include <deque>
#include <optional>

namespace ddm::monitor {

class progress_estimate {
 public:
  /// `front`: creation or read time up to which replication has arrived; nothing: it is not behind.
  void observe(std::optional<wall_time> front, wall_time now);
  [[nodiscard]] std::optional<report::catching_up> estimate() const;

 private:
  struct sample {
    wall_time at;
    wall_time front;
  };
  std::deque<sample> samples_;  ///< of the last few minutes, at most one a second
};

}  // namespace ddm::monitor
