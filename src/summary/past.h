// The points of a run's history (report/history.h), read back for plots and for the way that the
// verdict went.
#pragma once

#include "summary/summary.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::summary {

struct past_point {
  wall_time at;
  report::verdict_kind verdict = report::verdict_kind::wait;
  std::map<std::string, double> figures;  ///< by the names of report/figures.h
  /// Somebody watched between the point before and this one: they are not too far apart.
  bool watched = true;
};

/// Oldest first. What is damaged is left out. "open_keys_all" counts what is not listed, too.
/// `now`: when the points were taken from the history, which has minutes for the 24 h before that
/// alone.
[[nodiscard]] std::vector<past_point> read_points(const std::vector<std::string>& points,
                                                  wall_time now);

/// The first point, each that is another verdict than the one before it, and where nobody watched
/// what came before and what comes after that.
[[nodiscard]] std::vector<verdict_change> verdict_changes(const std::vector<past_point>& points);

/// At most `points_max` points, evenly over the time; of those that fall together the highest value
/// of each figure, so that no peak is lost, and the worst verdict; a time without a watcher stays.
[[nodiscard]] std::vector<past_point> thinned(const std::vector<past_point>& points,
                                              std::size_t points_max);

}  // namespace ddm::summary
