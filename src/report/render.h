// A status as people and programs read it. Formats: docs/output.md.
#pragma once

#include "report/status.h"

#include <string>

namespace ddm::report {

/// The block of each stats interval, several lines, no trailing newline.
[[nodiscard]] std::string render_text(const status& now);
/// The block of `compare`.
[[nodiscard]] std::string render_comparison(const status& now);
/// The last word of a quiet run: verdict, reasons, open mismatches.
[[nodiscard]] std::string render_ending(const status& now);
/// The JSON object of `--output json`, schema 1, one line.
[[nodiscard]] std::string render_json(const status& now);

}  // namespace ddm::report
