// Is replication as a whole behind? One decision over all checks.
//
// Problem: a replicator that stops leaves every change unmet; judged one by one they are a flood of
// mismatches that are none.
// Idea: changes are counted in buckets by the time they were read. A bucket in which more than half
// of the checks are still open after max-lag is late; when the late buckets hold at least 100 open
// checks, replication is behind: one condition, and nothing is confirmed until it has passed.
// Reason for buckets: a few lost changes an hour must not hide an outage, nor an outage's first
// half, once it has arrived, expose the second half that is still on its way.
#pragma once

#include "base/time.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace ddm::verify {

class behind_detector {
 public:
  static constexpr std::int64_t open_min = 100;
  static constexpr milliseconds bucket_width{1000};

  behind_detector(milliseconds max_lag, milliseconds stall_after);

  /// A check was opened by a change read at `read_at`.
  void on_opened(wall_time read_at);
  /// What it waited for has arrived; its first unmet change is a later one now.
  void on_moved(wall_time from, wall_time to);
  /// It ended.
  void on_closed(wall_time read_at);
  /// Re-evaluates; call about each second. True when the answer changed.
  bool update(wall_time now);

  [[nodiscard]] bool behind() const { return since_.has_value(); }
  /// Behind for longer than stall-after: its missing changes are judged all the same.
  [[nodiscard]] bool stalled(wall_time now) const;
  /// Replication is waited for: it is behind, and not stalled yet.
  [[nodiscard]] bool waits(wall_time now) const { return behind() && !stalled(now); }
  /// Nothing is late as a whole, nor was within the last max-lag (or it has stalled).
  [[nodiscard]] bool settled(wall_time now) const;
  /// Before this time a check whose first unmet change was read at `unmet_since` is no mismatch.
  [[nodiscard]] wall_time confirms_from(wall_time unmet_since) const {
    return unmet_since + max_lag_ + foresight();
  }
  /// Such a check may be confirmed as a mismatch now.
  [[nodiscard]] bool may_confirm(wall_time now, wall_time unmet_since) const;
  /// Read time of the oldest late bucket: how far replication has come.
  [[nodiscard]] std::optional<wall_time> oldest_late() const { return oldest_late_; }

 private:
  struct bucket {
    std::int64_t opened = 0;
    std::int64_t open = 0;
  };
  [[nodiscard]] static std::int64_t index(wall_time time);
  /// An outage shows in the changes that follow its first victims: what was read in this time after
  /// a change has its say before the change is called a mismatch. 10 s for a max-lag of 60 s: an
  /// outage is then told apart from single losses at 10 sampled changes a second and more.
  [[nodiscard]] milliseconds foresight() const {
    return std::max<milliseconds>(max_lag_ / 6, std::chrono::seconds{3});
  }

  milliseconds max_lag_;
  milliseconds stall_after_;
  std::map<std::int64_t, bucket> buckets_;
  std::optional<wall_time> since_;
  std::optional<wall_time> ended_at_;
  std::optional<wall_time> oldest_late_;
};

}  // namespace ddm::verify
