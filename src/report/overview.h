// A fleet at a glance: one line for each migration, and what all of them come to.
//
// Problem: of forty tables thirty-eight are well, and who looks has to find the two others.
// Idea: what is worst comes first, each line begins with its verdict and ends with the reason; a
// migration that is not running counts as WAIT, since nothing is known of it now.
// Reason: a fleet is at GO when each of its migrations is, and the first line says so.
//
// Pure: rows and a size go in.
#pragma once

#include "base/time.h"
#include "report/panel.h"
#include "report/status.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::report {

/// What a migration of a fleet does just now.
enum class member_state {
  waiting,   ///< for its turn to begin
  starting,  ///< its tables are examined, its state is opened
  standby,   ///< another process holds its state
  running,
  paused,  ///< it has failed, or was denied; it is tried again
  ended,
};
[[nodiscard]] std::string_view to_string(member_state value);

/// A migration of a fleet. What `now` points to outlives the row.
struct member_row {
  std::string name;
  member_state state = member_state::waiting;
  const status* now = nullptr;        ///< the latest there is, of an earlier run too; null: none
  std::string why;                    ///< it is not running
  std::optional<wall_time> again_at;  ///< of a paused one
};

/// Its own while it runs and where it has ended, else WAIT.
[[nodiscard]] verdict_kind verdict_of(const member_row& row);
/// The worst one: NO-GO, WAIT, GO (sampled), GO. WAIT where there is none, and where one that has
/// ended at GO is watched no more while others are.
[[nodiscard]] verdict_kind verdict_of(const std::vector<member_row>& rows);

/// Worst first; those alike in the order in which they are given.
[[nodiscard]] std::vector<member_row> worst_first(std::vector<member_row> rows);

/// "WAIT: 40 migrations, 37 at GO, 2 at WAIT, 1 paused".
[[nodiscard]] std::string summary_of(const std::vector<member_row>& rows);

/// The block of each stats interval: a line for each migration, but `well_too` false leaves out
/// those at GO. No trailing newline.
[[nodiscard]] std::string render_overview(const std::vector<member_row>& rows, wall_time at,
                                          bool well_too);

/// As render_panel: at most `size.rows` lines of `size.columns`, one at least.
[[nodiscard]] panel render_overview_panel(const std::vector<member_row>& rows, wall_time at,
                                          panel_size size, const panel_manner& manner = {});

}  // namespace ddm::report
