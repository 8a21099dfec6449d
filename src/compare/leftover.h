// What a join could not settle: a key, who holds it, and with which digest.
#pragma once

#include "base/side.h"
#include "dynamodb/item_digest.h"

#include <cstdint>
#include <string>

namespace ddm::compare {

using dynamodb::digest128;

struct leftover {
  digest128 key;
  digest128 compared;            ///< without the ignored attributes: what equality is decided by
  std::uint64_t everything = 0;  ///< with them, halved: for a counter only
  bool in_source = false;
  bool in_target = false;
  /// No further scan can settle it: both sides unequal, one side with two digests (a live table may
  /// show a key twice), or an item that cannot be read. Only strong reads of both tables can.
  bool disputed = false;
  std::string key_json;

  bool operator==(const leftover&) const = default;
};

}  // namespace ddm::compare
