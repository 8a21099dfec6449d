// How long to wait before something is asked again whose retries are used up.
//
// Problem: a table or a stream may be away for hours. Whoever reads it goes on without limit, and
// must neither hammer it nor find out late that it is back.
// Idea: one rule for all of them: the pauses double, and end at 30 s; what is dear to ask for says
// another bound.
#pragma once

#include "base/time.h"

#include <algorithm>

namespace ddm {

inline constexpr milliseconds outage_pause_max{30'000};

/// The pause after so many failures (from 1) in a row.
[[nodiscard]] constexpr milliseconds outage_pause(milliseconds first, int failures,
                                                  milliseconds most = outage_pause_max) {
  constexpr int doublings_max = 16;
  return std::min<milliseconds>(first * (1LL << std::min(failures - 1, doublings_max)), most);
}

}  // namespace ddm
