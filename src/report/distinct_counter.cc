#include "report/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ddm::report {

void distinct_counter::add(const dynamodb::digest128& hash) {
  const auto index = hash.high >> (64 - register_bits);
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(hash.low | 1) + 1);
  auto& held = rank_.at(index);
  if (rank > held) {
    --having_.at(held);
    ++having_.at(rank);
    held = rank;
    dirty_ = true;
  }
}

std::uint64_t distinct_counter::estimate() const {
  constexpr auto m = static_cast<double>(registers);
  double sum = 0;
  for (int rank = 0; rank <= rank_max; ++rank) {
    sum += std::ldexp(having_.at(static_cast<std::size_t>(rank)), -rank);
  }
  const double alpha = 0.7213 / (1 + 1.079 / m);
  const double raw = alpha * m * m / sum;
  const double zeros = having_.front();
  const double value = raw <= 2.5 * m && zeros > 0 ? m * std::log(m / zeros) : raw;
  return static_cast<std::uint64_t>(std::llround(value));
}

std::string distinct_counter::save() const {
  dirty_ = false;
  return {reinterpret_cast<const char*>(rank_.data()), rank_.size()};
}

bool distinct_counter::restore(std::string_view bytes) {
  const auto is_rank = [](char byte) { return static_cast<std::uint8_t>(byte) <= rank_max; };
  if (bytes.size() != rank_.size() || !std::ranges::all_of(bytes, is_rank)) {
    return false;
  }
  std::ranges::copy(bytes, rank_.begin());
  having_.fill(0);
  for (const auto rank : rank_) {
    ++having_.at(rank);
  }
  return true;
}

}  // namespace ddm::report
