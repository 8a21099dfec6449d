#include "report/wilson_interval.h"

#include <algorithm>
#include <cmath>

namespace ddm::report {

rate_interval wilson_interval(std::uint64_t checked, std::uint64_t failed) {
  const auto n = static_cast<double>(checked);
  const double p = 1 - static_cast<double>(failed) / n;
  const double z2 = wilson_z95 * wilson_z95;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = wilson_z95 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  // Rounding must not take away the exact ends.
  return {.value = p,
          .low = failed == checked ? 0.0 : std::max(0.0, centre - half),
          .high = failed == 0 ? 1.0 : std::min(1.0, centre + half)};
}

}  // namespace ddm::report
