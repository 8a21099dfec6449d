// What reading costs: us-east-1, on demand (docs/architecture.md, "Streams, costs").
#pragma once

#include <cstdint>
#include <string_view>

namespace ddm::report {

inline constexpr double usd_per_read_unit = 0.125 / 1e6;
inline constexpr double usd_per_stream_call = 0.02 / 1e5;
/// Where the first of them holds.
inline constexpr std::string_view priced_region = "us-east-1";

[[nodiscard]] constexpr double cost_usd(double read_units, double read_unit_usd,
                                        std::int64_t stream_calls) {
  return read_units * read_unit_usd + static_cast<double>(stream_calls) * usd_per_stream_call;
}

/// `max_usd` 0: there is no bound.
[[nodiscard]] constexpr bool is_cost_reached(double usd, double max_usd) {
  return max_usd > 0 && usd >= max_usd;
}

/// Part of --max-usd from which on somebody ought to know.
inline constexpr double cost_is_near_share = 0.8;

}  // namespace ddm::report
