#include "remote/state_directory.h"

#include "dynamodb/answer.h"
#include "dynamodb/answer_bounds.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/dynamodb_client.h"
#include "remote/dynamodb_state_table.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::remote {
namespace {

constexpr milliseconds active_within{120'000};
constexpr milliseconds look_again{1'000};

aws::api_request request(std::string_view operation, std::string body) {
  return {.target = fmt::format("DynamoDB_20120810.{}", operation),
          .body = std::move(body),
          .answer_bytes_max = dynamodb::other_answer_bytes_max};
}

std::string encryption(const std::string& kms_key) {
  if (kms_key.empty()) {
    return {};
  }
  return fmt::format(R"(,"SSESpecification":{{"Enabled":true,"SSEType":"KMS"{}}})",
                     kms_key == "aws"
                         ? std::string()
                         : fmt::format(R"(,"KMSMasterKeyId":{})", dynamodb::json_quote(kms_key)));
}

std::string create_body(const std::string& table, const std::string& kms_key) {
  return fmt::format(R"({{"TableName":{},"BillingMode":"PAY_PER_REQUEST",)"
                     R"("AttributeDefinitions":[{{"AttributeName":"{}","AttributeType":"S"}},)"
                     R"({{"AttributeName":"{}","AttributeType":"S"}}],)"
                     R"("KeySchema":[{{"AttributeName":"{}","KeyType":"HASH"}},)"
                     R"({{"AttributeName":"{}","KeyType":"RANGE"}}]{}}})",
                     dynamodb::json_quote(table), partition_attribute, sort_attribute,
                     partition_attribute, sort_attribute, encryption(kms_key));
}

}  // namespace

awaitable<result<void>> create_state_table(aws::service_client& calls, clock& time,
                                           std::string table, std::string kms_key) {
  const auto made =
      co_await dynamodb::call_for_json(calls, request("CreateTable", create_body(table, kms_key)));
  if (!made && made.error().code == "ResourceInUseException") {
    co_return wrong_usage(fmt::format("the table {} exists already", table));
  }
  if (!made) {
    co_return fail(made.error());
  }
  dynamodb::dynamodb_client client(calls);
  for (const auto until = time.now() + active_within; time.now() < until;) {
    const auto described = co_await client.describe_table(dynamodb::table_name(table));
    if (described && described->status == dynamodb::table_status::active) {
      co_return result<void>{};
    }
    if (!described && !mends_by_waiting(described.error().kind) &&
        described.error().kind != error_class::not_found) {
      co_return fail(described.error());
    }
    co_await time.sleep_for(look_again);
  }
  co_return fail(error_class::retry,
                 fmt::format("the table {} was made, and is not active yet", table));
}

awaitable<result<std::vector<listed_state>>> list_states(aws::service_client& calls,
                                                         std::string table) {
  std::vector<listed_state> found;
  std::string start;
  do {
    const auto answer = co_await dynamodb::call_for_json(
        calls,
        request("Query", fmt::format(R"({{"TableName":{},"ConsistentRead":true,)"
                                     R"("KeyConditionExpression":"#s = :s",)"
                                     R"("ExpressionAttributeNames":{{"#s":"{}"}},)"
                                     R"("ExpressionAttributeValues":{{":s":{{"S":"{}"}}}}{}}})",
                                     dynamodb::json_quote(table), partition_attribute,
                                     list_partition, start)));
    if (!answer) {
      co_return fail(answer.error());
    }
    for (const auto& item : member(*answer, "Items")) {
      const auto entry = text_member(member(item, sort_attribute), "S");
      const auto slash = entry.find('/');
      if (slash == std::string::npos) {
        co_return dynamodb::strange_answer("Query", "an item that is no state's name");
      }
      found.push_back({.name = entry.substr(0, slash), .command = entry.substr(slash + 1)});
    }
    const auto& last = member(*answer, "LastEvaluatedKey");
    start = last.is_object() ? ",\"ExclusiveStartKey\":" + json_text(last) : std::string();
  } while (!start.empty());
  co_return found;
}

}  // namespace ddm::remote
