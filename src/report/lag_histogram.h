// Lags by frequency, in buckets that are 4 % wide, so that percentiles cost a few kilobytes however
// many changes there were.
#pragma once

#include "base/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::report {

class lag_histogram {
 public:
  static constexpr std::size_t buckets = 512;

  /// `upper_bound`: the true lag may be anything below.
  void add(milliseconds lag, bool upper_bound);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// How many of them are upper bounds only.
  [[nodiscard]] std::uint64_t bounds() const { return bounds_; }
  /// The smallest bucket limit that at least `share` (0–1] of the lags do not exceed.
  [[nodiscard]] std::optional<milliseconds> percentile(double share) const;
  [[nodiscard]] milliseconds max() const { return max_; }
  /// How many are `limit` or less, each taken as up to 4 % longer than it was, like a percentile.
  [[nodiscard]] std::uint64_t at_most(milliseconds limit) const;
  /// Of all lags, within 2 %: each is taken as the middle of its bucket. Grows with each of them.
  [[nodiscard]] std::chrono::duration<double> sum() const;

  [[nodiscard]] std::string save() const;
  bool restore(std::string_view text);

 private:
  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t bounds_ = 0;
  milliseconds max_{0};
};

}  // namespace ddm::report
