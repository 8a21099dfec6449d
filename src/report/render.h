// A status as people and programs read it. Formats: docs/operating.md.
#pragma once

#include "report/status.h"

#include <string>

namespace ddm::report {

/// The block of each stats interval, several lines, no trailing newline.
[[nodiscard]] std::string render_text(const status& now);
/// The block of `compare`.
[[nodiscard]] std::string render_comparison(const status& now);
/// One line for a terminal: how far a comparison is.
[[nodiscard]] std::string render_comparison_line(const status& now, std::size_t columns);
/// One line for a terminal, at most `columns` wide.
[[nodiscard]] std::string render_live_line(const status& now, std::size_t columns);
/// The JSON object of `--output json`, schema 1, one line.
[[nodiscard]] std::string render_json(const status& now);

}  // namespace ddm::report
