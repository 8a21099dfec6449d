// Which table's stream is read.
#pragma once

#include "base/side.h"

namespace ddm::verify {

/// The table whose stream is read is the origin, the other one the counterpart.
enum class direction {
  source_to_target,  ///< the source's stream is read, the target is looked up
  target_to_source,  ///< the target's stream is read, the source is looked up
};

/// The side whose stream is read.
[[nodiscard]] constexpr side origin_of(direction way) {
  return way == direction::source_to_target ? side::source : side::target;
}
/// The side in which each change is looked up.
[[nodiscard]] constexpr side counterpart_of(direction way) { return other(origin_of(way)); }

}  // namespace ddm::verify
