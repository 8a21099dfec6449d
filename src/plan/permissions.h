// Whether the credentials of each side may do what the commands will ask for.
//
// Each permission is tried by the smallest call there is: an absent key, one item, one record. What
// fails for any other reason than a denial is unknown, with the reason; writes are never tried.
#pragma once

#include "base/side.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/streams_client.h"
#include "plan/grant.h"
#include "plan/needed_actions.h"

#include <string>
#include <vector>

namespace ddm::plan {

/// DescribeTimeToLive, BatchGetItem and GetItem of a key that does not exist, Scan of one item: as
/// far as `wanted` needs them.
[[nodiscard]] awaitable<std::vector<permission>> try_table(dynamodb::dynamodb_client& client,
                                                           side which, dynamodb::table_name table,
                                                           dynamodb::key_schema schema,
                                                           purposes wanted);

/// DescribeStream (all pages); GetShardIterator and GetRecords of one record where `wanted` reads.
[[nodiscard]] awaitable<stream_facts> try_stream(dynamodb::streams_client& client,
                                                 dynamodb::stream_arn stream, purposes wanted);

}  // namespace ddm::plan
