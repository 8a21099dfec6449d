// Which keys of two scans are not equal, without holding the tables.
//
// Problem: two tables of any size are to be compared, and neither a snapshot nor an order of their
// items can be relied on. Idea: items meet by the hash of their key as they stream in; an equal
// pair leaves at once, so what is held is the skew between the two scans, not the table. What has
// not met at the end is left over, to be joined once more with the leftovers of all segments.
// Reason: scan order then decides about memory only, never about the result.
//
// Pure: no clock, no I/O.
#pragma once

#include "base/side.h"
#include "compare/leftover.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ddm::compare {

class digest_join {
 public:
  /// An item that a scan of `from` showed; no digest: it could not be read. `key_json()` is asked
  /// only when the key has to be kept.
  template <class KeyJson>
  void add(side from, const digest128& key, const std::optional<dynamodb::item_digest>& digest,
           KeyJson&& key_json) {
    const auto found = held_.find(key);
    const sighting seen = sighting_of(from, digest);
    if (found == held_.end()) {
      keep(key, seen, std::forward<KeyJson>(key_json)());
    } else {
      meet(found, seen);
    }
  }
  /// What another join left over.
  void add(leftover entry);

  /// Everything that has not met, in no order; the join is empty afterwards, its counters stay.
  [[nodiscard]] std::vector<leftover> take();

  [[nodiscard]] std::int64_t equal() const { return equal_; }
  /// Those of equal() that are so only thanks to the ignored attributes.
  [[nodiscard]] std::int64_t equal_by_ignoring() const { return equal_by_ignoring_; }
  /// Keys held that only this side has shown so far: how far it is ahead of the other.
  [[nodiscard]] std::size_t lone(side of) const { return lone_[of]; }
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct sighting {
    digest128 compared;
    std::uint64_t everything = 0;
    bool in_source = false;
    bool in_target = false;
    bool disputed = false;
    [[nodiscard]] bool lone() const { return !disputed && in_source != in_target; }
  };
  struct entry {
    sighting seen;
    std::string key_json;
  };
  using map = boost::unordered_flat_map<digest128, entry, std::hash<digest128>>;

  [[nodiscard]] static sighting sighting_of(side from,
                                            const std::optional<dynamodb::item_digest>& digest);
  void keep(const digest128& key, const sighting& seen, std::string key_json);
  void meet(map::iterator found, const sighting& seen);
  void count_lone(const sighting& seen, bool present);

  map held_;
  per_side<std::size_t> lone_{};
  std::size_t key_bytes_ = 0;
  std::int64_t equal_ = 0;
  std::int64_t equal_by_ignoring_ = 0;
};

}  // namespace ddm::compare
