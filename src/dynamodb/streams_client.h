// The DynamoDB Streams operations, typed. Source of limits: docs/architecture.md, "Streams".
#pragma once

#include "aws/service_client.h"
#include "dynamodb/names.h"
#include "dynamodb/stream_description.h"

#include <optional>
#include <string>
#include <vector>

namespace ddm::dynamodb {

/// The raw answer of GetRecords, for page_decoder::decode_records (which may run on another
/// thread).
struct records_answer {
  padded_buffer body;
  std::optional<wall_time> server_time;
  bool retried = false;  ///< an earlier attempt failed; what it had held is not known
};

class streams_client {
 public:
  /// `calls` outlives the client.
  explicit streams_client(aws::service_client& calls) : calls_(calls) {}

  /// One page of at most 100 shards, from `start_after` on. Every attempt at DescribeStream, here
  /// and below, takes one from `pace`.
  [[nodiscard]] awaitable<result<stream_page>> describe_stream(
      stream_arn stream, std::optional<shard_id> start_after = std::nullopt,
      rate_limiter* pace = nullptr);
  /// The children of one shard (ShardFilter CHILD_SHARDS), pages followed. Services without the
  /// filter refuse it, or answer with ordinary pages: the result is filtered by parent here.
  [[nodiscard]] awaitable<result<stream_page>> describe_children(stream_arn stream, shard_id parent,
                                                                 rate_limiter* pace = nullptr);
  [[nodiscard]] awaitable<result<shard_iterator>> get_shard_iterator(stream_arn stream,
                                                                     shard_id shard,
                                                                     iterator_position position);
  /// `limit` 1–1000.
  [[nodiscard]] awaitable<result<records_answer>> get_records(shard_iterator iterator, int limit);
  /// GetRecords sent: what a stream's reader pays for.
  [[nodiscard]] std::uint64_t record_calls() const;
  [[nodiscard]] const aws::operation_statistics& statistics() const { return calls_.statistics(); }

 private:
  aws::service_client& calls_;
  bool filter_refused_ = false;
};

}  // namespace ddm::dynamodb
