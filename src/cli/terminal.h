// The terminal that standard error is: may it be drawn on, how large is it, who uses it just now.
#pragma once

#include "aws/environment.h"
#include "report/panel.h"

#include <cstddef>

namespace ddm::cli {

/// How a terminal is to be written to.
struct terminal_manner {
  bool live = false;  ///< it can move its cursor, and a panel is wanted
  bool colour = false;
  bool unicode = false;  ///< else ASCII
};

/// By TERM (unset or "dumb": plain lines), NO_COLOR and the locale (LC_ALL, LC_CTYPE, LANG).
[[nodiscard]] terminal_manner terminal_manner_of(const aws::environment& variables,
                                                 bool is_terminal, bool quiet);

/// Of standard error at this moment; 80 × 24 where nobody knows.
[[nodiscard]] report::panel_size terminal_size();
/// What a panel may take of it: a column stays free, and some rows for what scrolls.
[[nodiscard]] report::panel_size panel_size_in(report::panel_size terminal);

/// False while another job has the terminal. One that is nobody's controlling terminal is ours.
[[nodiscard]] bool owns_terminal();
/// Bytes that were typed and nobody has read: lines, which the terminal has echoed.
[[nodiscard]] int typed_bytes();

}  // namespace ddm::cli
