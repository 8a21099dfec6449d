// The last minutes of a run, for whoever watches it live.
//
// Problem: the counters of a status run since the state began; after a day neither their rate nor
// their percentiles show that something changed a minute ago. Idea: a few figures of each second
// are kept for ten seconds, and of each five seconds for five minutes; what lies between two of
// them is recent. Reason: it is bounded, and nothing of it needs to survive the process.
//
// Pure: statuses go in.
#pragma once

#include "report/status.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ddm::report {

class recent_figures {
 public:
  static constexpr std::size_t points_max = 60;
  static constexpr milliseconds point_every{5000};

  /// Called each second or so; one of an earlier moment is forgotten with all before.
  void note(const status& now);

  /// Over the last ten seconds or so; nothing: not known yet.
  [[nodiscard]] std::optional<double> events_per_second() const;
  /// The p95 of the lags that were measured in each five seconds, oldest first; nothing where none
  /// was.
  [[nodiscard]] const std::deque<std::optional<milliseconds>>& lags() const { return lags_; }

 private:
  struct moment {
    wall_time at;
    std::int64_t events = 0;
  };
  std::deque<moment> seconds_;
  std::deque<std::optional<milliseconds>> lags_;
  std::optional<wall_time> point_at_;
  lag_histogram lag_at_point_;
};

/// The p95 of what `later` has beyond `earlier`, within 4 %; nothing where it has nothing.
[[nodiscard]] std::optional<milliseconds> lag_between(const lag_histogram& earlier,
                                                      const lag_histogram& later);

}  // namespace ddm::report
