#include "report/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ddm::report {

void distinct_counter::add(const dynamodb::digest128& hash) {
  const auto index = hash.high >> (64 - register_bits);
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(hash.low | 1) + 1);
  if (rank > rank_.at(index)) {
    rank_.at(index) = rank;
    dirty_ = true;
  }
}

std::uint64_t distinct_counter::estimate() const {
  constexpr auto m = static_cast<double>(registers);
  double sum = 0;
  for (const auto rank : rank_) {
    sum += std::ldexp(1.0, -rank);
  }
  const double alpha = 0.7213 / (1 + 1.079 / m);
  const double raw = alpha * m * m / sum;
  const auto zeros = static_cast<double>(std::ranges::count(rank_, 0));
  const double value = raw <= 2.5 * m && zeros > 0 ? m * std::log(m / zeros) : raw;
  return static_cast<std::uint64_t>(std::llround(value));
}

std::string distinct_counter::save() const {
  dirty_ = false;
  return {reinterpret_cast<const char*>(rank_.data()), rank_.size()};
}

bool distinct_counter::restore(std::string_view bytes) {
  if (bytes.size() != rank_.size()) {
    return false;
  }
  std::ranges::copy(bytes, rank_.begin());
  return true;
}

}  // namespace ddm::report
