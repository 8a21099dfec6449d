// What the text blocks of monitor and compare share.
#pragma once

#include "report/status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::report {

/// "1,234"; negative numbers as 0.
[[nodiscard]] std::string number(std::int64_t value);
/// "1,234.5"; negative numbers as 0.
[[nodiscard]] std::string decimal(double value, int places);
/// "22:00:00Z".
[[nodiscard]] std::string time_of_day(wall_time at);
/// Changes a second: "0.4/s", "120/s".
[[nodiscard]] std::string rate_text(double per_second);
/// "every key", "1 key in 100".
[[nodiscard]] std::string sample_text(std::uint64_t rate);
/// "p50 1.2 s, …" with how it was measured.
[[nodiscard]] std::string lag_text(const status& now);
/// "every key without aws:rep:*".
[[nodiscard]] std::string covered_text(const verify::coverage& covered);
/// A line of a block: newline, name, value. A break in the value is escaped: it may be anybody's.
void append_line(std::string& text, std::string_view name, std::string_view value);
/// A line for each reason of the verdict.
void append_reasons(std::string& text, const status& now);
/// The open mismatches by kind, and some of them.
void append_mismatches(std::string& text, const status& now);
/// "2 min 5 s behind", "caught up", or that it is not known.
[[nodiscard]] std::string how_far_text(const status& now);
/// "4 missing, 2 different open", without those that are only counted.
[[nodiscard]] std::string open_mismatches(const status& now);
/// Of `now.success_of_changes`, `now.success_at_rest`; empty where there is none.
[[nodiscard]] std::string success_of_changes_text(const status& now);
[[nodiscard]] std::string success_at_rest_text(const status& now);
/// The share of keys that are right: of changes and of items at rest, as far as they are known.
void append_success(std::string& text, const status& now);
[[nodiscard]] std::vector<std::string> comparison_lines(const compare::comparison_view& compared);

}  // namespace ddm::report
