// How the runs on a state stand, for who asks from outside: while one goes on, after it has ended
// or after it was killed.
//
// Problem: the last word of a run says nothing of the time since: a monitor that was killed at GO
// has seen no change after that.
// Idea: what it recorded is taken as it was, with the rows that the state holds by now (open
// mismatches, gaps); that nobody watches any more is one more thing that is not known. Reason: the
// verdict follows from the same rules as in the run, and is never GO where the run did not say so.
#pragma once

#include "base/error.h"
#include "report/status.h"
#include "state/rows.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::monitor {

/// Twice that in which a run records its status (session.h): after that it does not go on, and its
/// GO is one of the past.
inline constexpr std::chrono::seconds sign_of_life_max{60};

/// A GO that the run said and that does not stand any more, as nobody has watched since.
struct held_verdict {
  report::verdict_kind kind = report::verdict_kind::go;
  wall_time since;
  wall_time until;  ///< the run's last sign, or its end
};

struct stored_run {
  std::string command;     ///< "monitor" or "compare"
  report::status status;   ///< as recorded, with what is unknown by now
  report::status figures;  ///< without that, and without what follows from them
  milliseconds age{0};     ///< since it was recorded; below 0: its clock was ahead
  bool at_work = false;    ///< a process of the command holds its lock on the state
  std::optional<held_verdict> held{};
  [[nodiscard]] bool goes_on() const {
    return at_work && !status.ended && age <= sign_of_life_max && age >= -sign_of_life_max;
  }
};

/// Which migration the state is of: the two tables.
struct stored_migration {
  std::string source;
  std::string target;
  std::vector<stored_run> runs;  ///< the monitor's first; none: no run has recorded a status yet
};

/// The same run as it stands at a later moment: of what it recorded by then nothing is known.
void let_pass(stored_run& run, milliseconds time, bool at_work);

/// An error: what is recorded is damaged. `now` is by the clock of this machine; `at_work` tells
/// whether the process of a command holds its lock that began a run at `started`.
[[nodiscard]] result<stored_migration> stored_migration_of(
    const state::snapshot& state, wall_time now,
    const std::function<bool(const std::string& command, wall_time started)>& at_work);

}  // namespace ddm::monitor
