// When each open check is looked at next, and which of those that are due may be.
//
// Problem: while replication as a whole is behind, nearly all looks would be in vain; and when it
// catches up, they must follow at once.
// Idea: reads have timers. While replication is waited for, checks that are due are held back, and
// a few of them, oldest first, are looked at as probes; each that finds its change arrived allows
// some looks more.
#pragma once

#include "base/time.h"
#include "verify/check_table.h"

#include <optional>
#include <queue>
#include <set>
#include <utility>
#include <vector>

namespace ddm::verify {

class look_schedule {
 public:
  using entry = check_table::entry;

  look_schedule(const check_table& table, double lag_probes_per_second)
      : table_(table), lag_probes_per_second_(lag_probes_per_second) {}

  void schedule(entry& open, wall_time due);
  /// Those that are due, at most `reads_max`; `replication_is_behind`: of those that were held back
  /// as many as probes allow. Each is in flight from then on.
  [[nodiscard]] std::vector<entry*> take_due(wall_time now, bool replication_is_behind,
                                             std::size_t reads_max);
  /// The earliest time at which take_due may return something.
  [[nodiscard]] std::optional<wall_time> next_due() const;
  /// What a probe was for has arrived.
  void allow_more();
  /// Replication is not waited for any more: what was held back is due.
  void release(wall_time now);

  /// A lag may be measured by extra looks.
  [[nodiscard]] bool take_lag_probe(wall_time now);

  // Checks that wait until the stream has been read, by the time when both tables were seen alike:
  // one entry for each, however long the stream is not read.
  void await_stream(wall_time agreed_at, check_id id) { awaiting_stream_.emplace(agreed_at, id); }
  void await_no_more(wall_time agreed_at, check_id id) { awaiting_stream_.erase({agreed_at, id}); }
  /// Takes the oldest, if `read_past` says that its time is over.
  template <class ReadPast>
  [[nodiscard]] std::optional<std::pair<wall_time, check_id>> take_awaiting(ReadPast read_past) {
    if (awaiting_stream_.empty() || !read_past(awaiting_stream_.begin()->first)) {
      return std::nullopt;
    }
    return awaiting_stream_.extract(awaiting_stream_.begin()).value();
  }

 private:
  struct timer {
    wall_time due;
    entry* at = nullptr;
    check_id id = 0;  ///< that the entry has, or the timer is void
    bool operator>(const timer& other) const { return due > other.due; }
  };
  /// The next timer that still holds, if it is due.
  [[nodiscard]] entry* pop_due(wall_time now);
  void hold_back_due(wall_time now);

  const check_table& table_;
  double lag_probes_per_second_;
  std::priority_queue<timer, std::vector<timer>, std::greater<>> timers_;
  std::set<std::pair<wall_time, check_id>> held_back_;  ///< by age, oldest first
  double looks_allowed_ = 0;
  wall_time allowed_at_;
  std::set<std::pair<wall_time, check_id>> awaiting_stream_;
  double lag_probe_tokens_ = 0;
  wall_time lag_probe_at_;
};

}  // namespace ddm::verify
