// What comes when, told on the first screen.
//
// Problem: who starts a monitor sees nothing for half a minute, and no GO for a quarter of an hour,
// and does not know whether that is as it should be.
// Idea: the settings say when the first check, the first block and the first GO can come at the
// earliest, and what GO waits for besides. Reason: an expectation that was told can be held against
// what happens.
#pragma once

#include "base/time.h"
#include "cli/options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::cli {

/// What is known when a monitor begins.
struct monitor_outlook {
  wall_time now;
  bool target_ready = true;
  bool reads_target_stream = false;
  /// The state holds a finished comparison that counts.
  bool comparison_counts = false;
  bool comparison_is_sampled = false;  ///< or the changes since it began
  std::uint64_t items = 0;             ///< of the source, up to 6 h old
  milliseconds reading_least{0};       ///< of both tables, at the read budget; 0: not known
};

struct compare_outlook {
  bool resumes = false;
  std::uint64_t items = 0;  ///< of both tables, up to 6 h old
  milliseconds reading_least{0};
};

/// Lines without a break.
[[nodiscard]] std::vector<std::string> what_comes(const monitor_options& options,
                                                  const monitor_outlook& known);
[[nodiscard]] std::vector<std::string> what_comes(const compare_options& options,
                                                  const compare_outlook& known);

}  // namespace ddm::cli
