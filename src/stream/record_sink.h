// What the stream reading hands its records to.
#pragma once

#include "base/error.h"
#include "dynamodb/page_decoder.h"
#include "runtime/asio.h"
#include "stream/shard_lineage.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ddm::stream {

/// New records of one page, in stream order. Records read before are not in it.
struct record_batch {
  shard_id shard;
  std::vector<dynamodb::change_record> records;
  std::uint64_t reread = 0;  ///< records of the page that had been read before
  bool fresh = false;        ///< the shard was caught up: the records are no backlog
  /// Every record here was made after this moment: up to it this process had read the shard. By the
  /// later of our clock and the service's. Finer than creation times, which DynamoDB Local cuts to
  /// the minute.
  std::optional<wall_time> nothing_before;
};

/// All calls come on the control thread. on_batch must not suspend: the records, the checks they
/// open and the shard's new position become part of the same commit because nothing runs in
/// between.
class record_sink {
 public:
  record_sink() = default;
  record_sink(const record_sink&) = delete;
  record_sink& operator=(const record_sink&) = delete;
  virtual ~record_sink() = default;

  virtual void on_batch(record_batch batch) = 0;
  virtual void on_gap(coverage_gap gap) = 0;
  /// Awaited before each read: returns at once unless our own disk or memory needs a pause.
  [[nodiscard]] virtual awaitable<void> admit_read() = 0;
  /// Commits the lineage as it stands; awaited before the first iterators are asked for.
  [[nodiscard]] virtual awaitable<result<void>> commit_now() = 0;
};

}  // namespace ddm::stream
