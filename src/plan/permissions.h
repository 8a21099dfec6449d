// Whether the credentials of each side may do what the commands will ask for.
//
// Each permission is tried by the smallest call there is: an absent key, one item, one record. What
// fails for any other reason than a denial is unknown, with the reason; writes are never tried.
#pragma once

#include "dynamodb/dynamodb_client.h"
#include "dynamodb/streams_client.h"
#include "plan/needed_actions.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::plan {

enum class grant {
  granted,
  denied,
  unknown,
};
[[nodiscard]] std::string_view to_string(grant value);

struct permission {
  std::string side;    ///< "source", "target", "stream"
  std::string action;  ///< "dynamodb:BatchGetItem"
  std::string needed_by;
  grant state = grant::unknown;
  std::string message;  ///< the service's words, where it did not grant
};

/// DescribeTimeToLive, BatchGetItem and GetItem of a key that does not exist, Scan of one item: as
/// far as `wanted` needs them.
[[nodiscard]] awaitable<std::vector<permission>> try_table(dynamodb::dynamodb_client& client,
                                                           std::string side,
                                                           dynamodb::table_name table,
                                                           dynamodb::key_schema schema,
                                                           purposes wanted);

struct stream_facts {
  std::vector<permission> permissions;
  std::string view_type;  ///< empty: not known
  std::size_t shards_open = 0;
  std::size_t shards_closed = 0;
  bool enabled = false;
  std::optional<error> failure;  ///< why it cannot be described
};
/// DescribeStream (all pages); GetShardIterator and GetRecords of one record where `wanted` reads.
[[nodiscard]] awaitable<stream_facts> try_stream(dynamodb::streams_client& client,
                                                 dynamodb::stream_arn stream, purposes wanted);

}  // namespace ddm::plan
