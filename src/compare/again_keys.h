// Keys that are judged whatever the scans say, and left out of them.
#pragma once

#include "dynamodb/item_digest.h"
#include "state/rows.h"

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

namespace ddm::compare {

class again_keys {
 public:
  void take(std::span<const state::candidate_row> rows);
  void clear() { keys_.clear(); }
  [[nodiscard]] bool contains(const dynamodb::digest128& key) const { return keys_.contains(key); }

  /// As the state keeps them: their hashes, one behind the other.
  [[nodiscard]] std::string encoded() const;
  void restore(std::string_view encoded);

 private:
  std::unordered_set<dynamodb::digest128> keys_;
};

}  // namespace ddm::compare
