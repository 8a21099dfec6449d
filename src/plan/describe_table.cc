#include "plan/describe_table.h"

#include "base/foreign_json.h"
#include "dynamodb/answer.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/table_answer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace ddm::plan {

using nlohmann::json;

awaitable<result<described_table>> describe(aws::service_client& calls,
                                            dynamodb::table_name table) {
  const auto body = fmt::format("{{\"TableName\":{}}}", dynamodb::json_quote(table.str()));
  const auto ask = [&](std::string_view operation) {
    return dynamodb::call_for_json(
        calls, {.target = fmt::format("DynamoDB_20120810.{}", operation), .body = body});
  };
  const auto answer = co_await ask("DescribeTable");
  if (!answer) {
    co_return fail(answer.error());
  }
  const auto& description = member(*answer, "Table");
  auto read = dynamodb::read_table_description("DescribeTable", description);
  if (!read) {
    co_return fail(std::move(read.error()));
  }
  const auto ttl = co_await ask("DescribeTimeToLive");
  const auto backups = co_await ask("DescribeContinuousBackups");
  co_return described_table{
      .table = std::move(*read),
      .settings = settings_of(description, ttl ? member(*ttl, "TimeToLiveDescription") : json(),
                              backups ? member(*backups, "ContinuousBackupsDescription") : json()),
      .kms_key_arn = kms_key_of(description)};
}

}  // namespace ddm::plan
