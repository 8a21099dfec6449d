// Is replication as a whole behind? One decision over all checks.
//
// Problem: a replicator that stops leaves every change unmet; judged one by one they are a flood of
// mismatches that are none.
// Idea: changes are counted in buckets by the time they were read. A bucket in which more than half of the
// checks are still open after max-lag is late; when the late buckets hold at least 100 open checks,
// replication is behind: one condition, and nothing is confirmed until it has passed.
// Reason for buckets: a few lost changes an hour must not hide an outage, nor an outage's first half,
// once it has arrived, expose the second half that is still on its way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/time.h"

namespace ddm::verify {

class behind_detector {
 public:
  static constexpr std::int64_t open_min = 100;
  static constexpr milliseconds bucket_width{5000};

  behind_detector(milliseconds max_lag, milliseconds stall_after);

  /// A check was opened by a change read at `read_at`, or got its first unmet change anew.
  void on_opened(wall_time read_at);
  /// It ended, or its first unmet change was met.
  void on_closed(wall_time read_at);
  /// Re-evaluates; call about each second. True when the answer changed.
  bool update(wall_time now);

  [[nodiscard]] bool behind() const { return since_.has_value(); }
  [[nodiscard]] std::optional<wall_time> since() const { return since_; }
  /// Behind for longer than stall-after: its missing changes are judged all the same.
  [[nodiscard]] bool stalled(wall_time now) const;
  /// A check may be confirmed as a mismatch now.
  [[nodiscard]] bool may_confirm(wall_time now) const;
  /// Read time of the oldest late bucket: how far replication has come.
  [[nodiscard]] std::optional<wall_time> oldest_late() const { return oldest_late_; }

 private:
  struct bucket {
    std::int64_t opened = 0;
    std::int64_t open = 0;
  };
  [[nodiscard]] static std::int64_t index(wall_time time);

  milliseconds max_lag_;
  milliseconds stall_after_;
  std::map<std::int64_t, bucket> buckets_;
  std::optional<wall_time> since_;
  std::optional<wall_time> ended_at_;
  std::optional<wall_time> oldest_late_;
};

}  // namespace ddm::verify
