#include "report/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace ddm::report {
namespace {

/// What a saved counter begins with; one of an older version is the registers and nothing else.
constexpr char hashes_tag = 'h';
constexpr char registers_tag = 'r';
constexpr std::size_t hash_bytes = sizeof(std::uint64_t);

}  // namespace

std::uint64_t distinct_counter::short_hash(const dynamodb::digest128& hash) {
  constexpr auto index_mask = ~std::uint64_t{0} << (64 - register_bits);
  return (hash.high & index_mask) | (hash.low >> register_bits);
}

void distinct_counter::add(const dynamodb::digest128& hash) {
  const auto brief = short_hash(hash);
  if (knows_ == knowledge::exact && known_.insert(brief).second) {
    dirty_ = true;
    if (known_.size() > exact_max) {
      knows_ = knowledge::more_than_exact;
      std::exchange(known_, {});
    }
  }
  raise(brief);
}

void distinct_counter::raise(std::uint64_t short_hash) {
  const auto index = short_hash >> (64 - register_bits);
  const auto rank =
      static_cast<std::uint8_t>(std::countl_zero((short_hash << register_bits) | 1) + 1);
  auto& held = rank_.at(index);
  if (rank > held) {
    --having_.at(held);
    ++having_.at(rank);
    held = rank;
    dirty_ = true;
  }
}

std::uint64_t distinct_counter::estimate() const {
  switch (knows_) {
    case knowledge::exact:
      return known_.size();
    case knowledge::more_than_exact:
      return std::max<std::uint64_t>(by_registers(), exact_max + 1);
    case knowledge::about:
      break;
  }
  return by_registers();
}

std::uint64_t distinct_counter::by_registers() const {
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
  if (knows_ == knowledge::exact) {
    std::string bytes(1 + known_.size() * hash_bytes, hashes_tag);
    auto* at = bytes.data() + 1;
    for (const auto hash : known_) {
      std::memcpy(at, &hash, hash_bytes);
      at += hash_bytes;
    }
    return bytes;
  }
  std::string bytes(knows_ == knowledge::more_than_exact ? 1 : 0, registers_tag);
  bytes.append(reinterpret_cast<const char*>(rank_.data()), rank_.size());
  return bytes;
}

bool distinct_counter::restore(std::string_view bytes) {
  if (bytes.size() == registers) {
    return restore_registers(bytes, knowledge::about);
  }
  if (bytes.starts_with(registers_tag)) {
    return restore_registers(bytes.substr(1), knowledge::more_than_exact);
  }
  return bytes.starts_with(hashes_tag) && restore_hashes(bytes.substr(1));
}

bool distinct_counter::restore_hashes(std::string_view bytes) {
  if (bytes.size() % hash_bytes != 0 || bytes.size() > exact_max * hash_bytes) {
    return false;
  }
  *this = {};
  for (; !bytes.empty(); bytes.remove_prefix(hash_bytes)) {
    std::uint64_t hash = 0;
    std::memcpy(&hash, bytes.data(), hash_bytes);
    known_.insert(hash);
    raise(hash);
  }
  return true;
}

bool distinct_counter::restore_registers(std::string_view bytes, knowledge how) {
  const auto is_rank = [](char byte) { return static_cast<std::uint8_t>(byte) <= rank_max; };
  if (bytes.size() != rank_.size() || !std::ranges::all_of(bytes, is_rank)) {
    return false;
  }
  known_.clear();
  knows_ = how;
  std::ranges::copy(bytes, rank_.begin());
  having_.fill(0);
  for (const auto rank : rank_) {
    ++having_.at(rank);
  }
  return true;
}

}  // namespace ddm::report
