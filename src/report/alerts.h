// What somebody must be told of, and when. Pure: statuses go in, alerts come out.
//
// Problem: whoever is called at 3 a.m. for each flicker, or once more after each restart, turns the
// thing off. Idea: a condition holds or not, and what is told is that it began or ended. What has
// been told is kept in the state; a condition is told of at most once a minute, and then as it is
// by that time.
//
// 03:00:00 behind            → "begins"
// 03:00:20 not behind        (told of 20 s ago)
// 03:00:40 behind            (nothing has changed for who was told)
// 03:05:00 not behind        → "ends"
#pragma once

#include "report/status.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::report {

/// "verdict", "mismatches/missing", "credentials/source"; what is to be said of it.
using conditions = std::map<std::string, std::string>;
[[nodiscard]] conditions conditions_of(const status& now);

enum class alert_kind {
  begins,
  ends,
  changed,  ///< of the verdict, which always is one
};
[[nodiscard]] std::string_view to_string(alert_kind kind);

struct alert {
  std::string condition;
  alert_kind kind = alert_kind::begins;
  std::string text;   ///< of the condition as it holds, or as it held last
  std::string state;  ///< what is known to who is told: its present one
  wall_time at;
};

class alert_book {
 public:
  /// `stored`: save() of an earlier process; anything else counts as nothing told.
  explicit alert_book(std::string_view stored);

  /// Those that are to be told now. Each counts as told from now on, but is kept as such only
  /// once it is noted.
  /// `last`: nothing comes after it, so nothing waits for a minute to pass.
  [[nodiscard]] std::vector<alert> follow(const status& now, bool last = false);
  /// Somebody has heard it.
  void note_told(const alert& told);
  /// It was not, and no more will be tried: it is due again.
  void take_back(const alert& untold);
  [[nodiscard]] std::string save() const;

 private:
  /// Of each condition that holds. The verdict's is its kind.
  std::map<std::string, std::string> told_;
  std::map<std::string, std::string> kept_;
  std::map<std::string, wall_time> last_;  ///< told of, at most a minute ago
  std::map<std::string, std::string> texts_;
};

/// JSON for who is told: the alert, and how the run stands. `text` is one line for a chat; of
/// mismatches `groups` tells where they differ.
[[nodiscard]] std::string render_alert(const alert& what, const status& now);

}  // namespace ddm::report
