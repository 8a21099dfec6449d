// What is wrong with a key once its repair is taken back.
//
// Pure: both sides' items go in, the mismatch that they are comes out.
#pragma once

#include "repair/repair_step.h"
#include "verify/mismatch.h"

#include <optional>

namespace ddm::repair {

/// What both tables hold for a key, by strong reads.
struct both_sides {
  held_item source;
  held_item target;
  bool unreadable = false;  ///< a side holds something that cannot be compared
};

struct judging {
  const rules& by;
  bool source_held_it = false;  ///< an earlier finding of the key says so
};

/// Nothing: both sides are equal. It stands for no change of its own.
[[nodiscard]] std::optional<verify::mismatch> mismatch_of(const dynamodb::item_key& key,
                                                          const both_sides& held,
                                                          const judging& with, wall_time now);

}  // namespace ddm::repair
