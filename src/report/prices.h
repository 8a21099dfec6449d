// What reading costs: us-east-1, on demand (docs/architecture.md, "Streams, costs").
#pragma once

namespace ddm::report {

inline constexpr double usd_per_read_unit = 0.125 / 1e6;
inline constexpr double usd_per_stream_call = 0.02 / 1e5;

}  // namespace ddm::report
