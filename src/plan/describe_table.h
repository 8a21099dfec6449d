// Asks for what a table is beside its items.
#pragma once

#include "aws/service_client.h"
#include "base/error.h"
#include "plan/table_settings.h"
#include "runtime/asio.h"

namespace ddm::plan {

/// DescribeTable, DescribeTimeToLive, DescribeContinuousBackups. Only the first must succeed.
[[nodiscard]] awaitable<result<described_table>> describe(aws::service_client& calls,
                                                          dynamodb::table_name table);

}  // namespace ddm::plan
