// The shards of one stream as those see them who only look: the newest ones of what may be
// thousands.
//
// Reason for standing apart from state_store: the engine never asks for it, so no other store need
// answer it.
#pragma once

#include "state/state_store.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ddm::state {

struct shard_page {
  std::vector<shard_row> rows;  ///< newest first
  std::int64_t total = 0;       ///< of the stream, those that are not among `rows` too
};

/// By the shards' ids, of which a newer one has the higher; at most `rows_max`. Fails (`fatal`)
/// when the store cannot be read, or is none of open_sqlite_store(). It outlives the call.
[[nodiscard]] awaitable<result<shard_page>> newest_shards(state_store& store,
                                                          std::string stream_arn,
                                                          std::size_t rows_max);

}  // namespace ddm::state
