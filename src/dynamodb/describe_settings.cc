#include "dynamodb/describe_settings.h"

#include "base/foreign_json.h"
#include "dynamodb/answer.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/table_answer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace ddm::dynamodb {

using nlohmann::json;

namespace {

bool may_be_answered_later(const result<json>& answer) {
  return !answer && mends_by_waiting(answer.error().kind);
}

}  // namespace

awaitable<result<described_table>> describe_with_settings(aws::service_client& calls,
                                                          table_name table) {
  const auto body = fmt::format("{{\"TableName\":{}}}", json_quote(table.str()));
  const auto ask = [&](std::string_view operation) {
    return call_for_json(calls,
                         {.target = fmt::format("DynamoDB_20120810.{}", operation), .body = body});
  };
  const auto answer = co_await ask("DescribeTable");
  if (!answer) {
    co_return fail(answer.error());
  }
  const auto& description = member(*answer, "Table");
  auto read = read_table_description("DescribeTable", description);
  if (!read) {
    co_return fail(std::move(read.error()));
  }
  const auto ttl = co_await ask("DescribeTimeToLive");
  const auto backups = co_await ask("DescribeContinuousBackups");
  co_return described_table{
      .table = std::move(*read),
      .settings = settings_of(description, ttl ? member(*ttl, "TimeToLiveDescription") : json(),
                              backups ? member(*backups, "ContinuousBackupsDescription") : json()),
      .kms_key_arn = kms_key_of(description),
      .may_know_more_later = may_be_answered_later(ttl) || may_be_answered_later(backups)};
}

}  // namespace ddm::dynamodb
