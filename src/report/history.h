// How a run stood over the last days: a point a minute for 24 h, one each 15 minutes for 14 days.
//
// Problem: it must not grow with the weeks, and survive restarts. Idea: two rings in the values of
// the state, one value a slot; what is newer takes the place of what is a day, or 14, older.
// Reason: the bound is in the names (2,784 of them, some 300 bytes each), and nothing needs to be
// deleted.
#pragma once

#include "report/status.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::report {

class history {
 public:
  /// Of the runs of this command. `stored`: the values of the state; what is damaged is left out.
  history(std::string_view command, const std::map<std::string, std::string>& stored);

  /// Keeps a point if its minute has none yet. Called each second.
  void add(const status& now);
  /// What has come since the last call, by the names of the state.
  [[nodiscard]] std::map<std::string, std::string> take_new();
  /// From `since` on, oldest first, each once: a JSON object on one line. Those older than a day
  /// are 15 minutes apart.
  [[nodiscard]] std::vector<std::string> points(wall_time now, wall_time since) const;

 private:
  struct point {
    wall_time at;
    std::string text;
  };
  void keep(std::string name, point made);

  std::string prefix_;
  std::map<std::string, point> points_;  ///< by the names of the state
  std::map<std::string, std::string> new_;
  std::optional<std::int64_t> last_minute_;
};

}  // namespace ddm::report
