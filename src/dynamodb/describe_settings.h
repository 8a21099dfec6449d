// Asks for what a table is beside its items.
#pragma once

#include "aws/service_client.h"
#include "base/error.h"
#include "dynamodb/table_settings.h"
#include "runtime/asio.h"

namespace ddm::dynamodb {

/// DescribeTable, DescribeTimeToLive, DescribeContinuousBackups. Only the first must succeed; what
/// the others would have told is unknown then.
[[nodiscard]] awaitable<result<described_table>> describe_with_settings(aws::service_client& calls,
                                                                        table_name table);

}  // namespace ddm::dynamodb
