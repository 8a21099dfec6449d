// The live panel of a terminal, as lines.
//
// Problem: what matters must be seen at once, in a window of any size, without a line that runs
// over and without a byte of somebody else's that a terminal would obey. Idea: each line has a
// place and a weight. What is heaviest gets the rows that there are; each line begins with what
// matters most in it, and is cut at its end. Reason: a window that is too small shows less, not
// something else.
//
// Pure: a status, the last minutes and a size go in.
#pragma once

#include "report/recent_figures.h"
#include "report/status.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ddm::report {

struct panel_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

struct panel {
  std::vector<std::string> lines;  ///< displayable, none wider than asked for
  verdict_kind verdict = verdict_kind::wait;
  std::size_t verdict_bytes = 0;  ///< of the first line: its verdict
};

struct panel_manner {
  bool unicode = true;  ///< else nothing but ASCII
};

/// At most `size.rows` lines of `size.columns`; one line at least.
[[nodiscard]] panel render_panel(const status& now, const recent_figures& recent, panel_size size,
                                 const panel_manner& manner = {});

/// One cell a point, the newest last; empty cells where nothing was measured.
[[nodiscard]] std::string sparkline(const std::deque<std::optional<milliseconds>>& points,
                                    std::size_t columns, bool unicode);

}  // namespace ddm::report
