// The pairs of one comparison that one of several workers reads.
#pragma once

#include <cstdint>

namespace ddm::compare {

struct worker_share {
  std::int64_t worker = 0;   ///< from 0 on
  std::int64_t workers = 1;  ///< 1: it reads all of them

  [[nodiscard]] bool is_one_of_several() const { return workers > 1; }
  [[nodiscard]] bool takes(std::int64_t segment) const { return segment % workers == worker; }
  /// How many of `segments` it takes.
  [[nodiscard]] std::int64_t pairs_of(std::int64_t segments) const {
    return segments / workers + (worker < segments % workers ? 1 : 0);
  }
  bool operator==(const worker_share&) const = default;
};

}  // namespace ddm::compare
