// A fleet: the migrations of one file in one process.
//
// Problem: of two hundred migrations there is always one that is ill. The others must not notice,
// and it must be neither forgotten nor given up.
// Idea: each runs as the command alone would, over its own tables and its own state. One that fails
// or is refused pauses, is shown with its reason, and is begun again from its state.
// Reason: so nothing is decided anew for a fleet, and what holds for one migration holds in it.
#pragma once

#include "aws/environment.h"
#include "base/time.h"
#include "cli/options.h"
#include "report/exit_code.h"

namespace ddm::cli {

/// How long one that has failed pauses.
class restart_pauses {
 public:
  /// The pause after another failure. A run that went well for a while makes the first one again.
  [[nodiscard]] milliseconds next(milliseconds ran_for);
  /// In a row.
  [[nodiscard]] int failures() const { return failures_; }

 private:
  int failures_ = 0;
};

/// The exit code of all. Monitors run side by side.
[[nodiscard]] int run_fleet(const fleet_of<monitor_options>& fleet,
                            const aws::environment& variables);
/// Comparisons: a few at a time, in the order of the file, with the memory divided among those.
[[nodiscard]] int run_fleet(const fleet_of<compare_options>& fleet,
                            const aws::environment& variables);

}  // namespace ddm::cli
