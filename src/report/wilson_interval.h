// What a sample says about the whole: the 95 % Wilson score interval of a success rate.
// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference"
// (1927).
#pragma once

#include <cstdint>

namespace ddm::report {

struct rate_interval {
  double value = 1;
  double low = 0;
  double high = 1;
};

constexpr double wilson_z95 = 1.959963984540054;

/// `checked` > 0, `failed` <= `checked`.
[[nodiscard]] rate_interval wilson_interval(std::uint64_t checked, std::uint64_t failed);

}  // namespace ddm::report
