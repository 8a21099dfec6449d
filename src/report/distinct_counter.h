// How many different keys were seen: exactly up to 4,096, about from then on.
//
// Exactly by their hashes, in 32 KB. About by HyperLogLog with 2^14 registers, in 16 KB and
// whatever their number; its standard error is 0.8 %. Adding a key twice changes nothing, so a
// re-read after a restart cannot raise it. Source: Flajolet et al., "HyperLogLog: the analysis of a
// near-optimal cardinality estimation algorithm" (2007).
//
// Reason for both: a sketch of some hundred keys is already off by one or two, to either side, and
// whoever knows how many there are sees that.
#pragma once

#include "dynamodb/item_digest.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace ddm::report {

class distinct_counter {
 public:
  static constexpr unsigned register_bits = 14;
  static constexpr std::size_t registers = std::size_t{1} << register_bits;
  /// More keys than this are known about only.
  static constexpr std::size_t exact_max = 4096;

  /// `hash` must be a good hash of the key: item_key::hash is.
  void add(const dynamodb::digest128& hash);
  /// Asked each second: a sum over the ranks, not over the registers.
  [[nodiscard]] std::uint64_t estimate() const;

  /// The hashes or the registers as bytes, for the state.
  [[nodiscard]] std::string save() const;
  /// False, and nothing changed, when the bytes are not a saved counter. Those of versions that had
  /// registers alone go on as such.
  bool restore(std::string_view bytes);
  /// Changed since the last save().
  [[nodiscard]] bool dirty() const { return dirty_; }

 private:
  static constexpr std::uint8_t rank_max = 64;

  enum class knowledge {
    exact,            ///< `known_` are all
    more_than_exact,  ///< there were more than exact_max
    about,            ///< of an older version: by the registers alone
  };
  /// What of a hash tells its register and rank, and keys apart: 64 bits.
  [[nodiscard]] static std::uint64_t short_hash(const dynamodb::digest128& hash);
  void raise(std::uint64_t short_hash);
  [[nodiscard]] std::uint64_t by_registers() const;
  bool restore_hashes(std::string_view bytes);
  bool restore_registers(std::string_view bytes, knowledge how);

  std::array<std::uint8_t, registers> rank_{};
  /// How many registers hold each rank.
  std::array<std::uint32_t, rank_max + 1> having_ = {registers};
  knowledge knows_ = knowledge::exact;
  std::unordered_set<std::uint64_t> known_;
  mutable bool dirty_ = true;
};

}  // namespace ddm::report
