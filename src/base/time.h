// Points in time. Every decision takes the time as a parameter; nothing below runtime/ owns a
// clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ddm {

using std::chrono::milliseconds;

/// Wall-clock time in UTC, in milliseconds since 1970: what records, reports and the state carry.
using wall_time = std::chrono::sys_time<milliseconds>;

/// "2026-01-31T23:59:58.123Z"; without the fraction when it is zero.
[[nodiscard]] std::string format_rfc3339(wall_time time);

/// Accepts "2026-01-31T23:59:58Z", a fraction of any length, and an offset such as "+09:00".
[[nodiscard]] std::optional<wall_time> parse_rfc3339(std::string_view text);

[[nodiscard]] constexpr std::int64_t to_ms(wall_time time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] constexpr wall_time from_ms(std::int64_t ms) { return wall_time{milliseconds{ms}}; }

}  // namespace ddm
