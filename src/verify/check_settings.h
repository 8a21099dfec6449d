// What the decisions about changes go by.
#pragma once

#include "base/time.h"
#include "dynamodb/page_decoder.h"
#include "verify/direction.h"

#include <cstdint>

namespace ddm::verify {

struct check_settings {
  direction way = direction::source_to_target;
  milliseconds replication_wait{5'000};
  milliseconds retry_wait{2'000};
  milliseconds max_lag{60'000};
  milliseconds stall_after{30 * 60'000};
  std::uint64_t memory_bytes_max = 384ULL << 20;
  /// Keys that may wait in the state for room in memory, about.
  std::int64_t deferred_max = 10'000'000;
  /// Keys a second whose looks come at 0.5, 1, 2 and 4 s to measure the lag.
  double lag_probes_per_second = 5;
  /// Changes are told; without a stream there are only a comparison's candidates.
  bool follows_stream = true;
  /// The counterpart has a TTL: an item that is absent there may have expired.
  bool counterpart_expires = false;
  /// Of which keys: checks of others, which an earlier process with a denser sample has left, are
  /// judged by reading both tables, as candidates are.
  dynamodb::sample_choice sample;
};

}  // namespace ddm::verify
