#include "report/lag_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace ddm::report {
namespace {

constexpr double width = 1.04;

std::size_t bucket_of(milliseconds lag) {
  const auto ms = static_cast<double>(std::max<std::int64_t>(1, lag.count()));
  const auto index = static_cast<std::size_t>(std::ceil(std::log(ms) / std::log(width)));
  return std::min(index, lag_histogram::buckets - 1);
}

/// In milliseconds: no lag of the bucket is longer.
double limit_of(std::size_t bucket) { return std::pow(width, static_cast<double>(bucket)); }

}  // namespace

void lag_histogram::add(milliseconds lag, bool upper_bound) {
  ++counts_.at(bucket_of(lag));
  ++count_;
  bounds_ += upper_bound ? 1 : 0;
  max_ = std::max(max_, lag);
}

std::optional<milliseconds> lag_histogram::percentile(double share) const {
  if (count_ == 0) {
    return std::nullopt;
  }
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    below += counts_.at(i);
    if (below >= wanted) {
      const milliseconds limit{std::llround(limit_of(i))};
      return std::min(limit, max_);
    }
  }
  return max_;
}

std::uint64_t lag_histogram::at_most(milliseconds limit) const {
  if (limit >= max_) {
    return count_;
  }
  std::uint64_t within = 0;
  for (std::size_t i = 0; i < buckets && limit_of(i) <= static_cast<double>(limit.count()); ++i) {
    within += counts_.at(i);
  }
  return within;
}

std::chrono::duration<double> lag_histogram::sum() const {
  const auto longest = static_cast<double>(max_.count());
  double all_ms = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    const auto middle = limit_of(i) / std::sqrt(width);
    all_ms += static_cast<double>(counts_.at(i)) * std::min(middle, longest);
  }
  return std::chrono::duration<double>{all_ms / 1000};
}

std::string lag_histogram::save() const {
  std::string text = fmt::format("1 {} {}", bounds_, max_.count());
  for (std::size_t i = 0; i < buckets; ++i) {
    if (counts_.at(i) > 0) {
      text += fmt::format(" {} {}", i, counts_.at(i));
    }
  }
  return text;
}

bool lag_histogram::restore(std::string_view text) {
  std::istringstream in{std::string(text)};
  lag_histogram loaded;
  int version = 0;
  std::int64_t max_ms = 0;
  if (!(in >> version >> loaded.bounds_ >> max_ms) || version != 1) {
    return false;
  }
  loaded.max_ = milliseconds{max_ms};
  std::size_t index = 0;
  std::uint64_t count = 0;
  while (in >> index) {
    if (!(in >> count) || index >= buckets || loaded.counts_.at(index) != 0) {
      return false;
    }
    loaded.counts_.at(index) = count;
    loaded.count_ += count;
  }
  if (!in.eof()) {
    return false;
  }
  *this = loaded;
  return true;
}

}  // namespace ddm::report
