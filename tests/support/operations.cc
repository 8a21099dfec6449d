#include "support/operations.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ddm::support {

operation find_operation(std::string_view target) {
  static constexpr std::array<std::pair<std::string_view, operation>, 18> known{{
      {"DynamoDB_20120810.CreateTable", create_table},
      {"DynamoDB_20120810.DescribeTable", describe_table},
      {"DynamoDB_20120810.DeleteTable", delete_table},
      {"DynamoDB_20120810.UpdateTable", update_table},
      {"DynamoDB_20120810.DescribeTimeToLive", describe_time_to_live},
      {"DynamoDB_20120810.UpdateTimeToLive", update_time_to_live},
      {"DynamoDB_20120810.PutItem", put_item},
      {"DynamoDB_20120810.UpdateItem", update_item},
      {"DynamoDB_20120810.DeleteItem", delete_item},
      {"DynamoDB_20120810.GetItem", get_item},
      {"DynamoDB_20120810.BatchWriteItem", batch_write_item},
      {"DynamoDB_20120810.BatchGetItem", batch_get_item},
      {"DynamoDB_20120810.Scan", scan},
      {"DynamoDB_20120810.Query", query},
      {"DynamoDBStreams_20120810.ListStreams", list_streams},
      {"DynamoDBStreams_20120810.DescribeStream", describe_stream},
      {"DynamoDBStreams_20120810.GetShardIterator", get_shard_iterator},
      {"DynamoDBStreams_20120810.GetRecords", get_records},
  }};
  for (const auto& [name, run] : known) {
    if (name == target) {
      return run;
    }
  }
  return nullptr;
}

std::string api_time(wall_time time) {
  constexpr std::int64_t scale = 1'000'000'000'000;
  return fmt::format("{}.{:012}E9", to_ms(time) / scale, to_ms(time) % scale);
}

answer_or<std::string> required_text(const nlohmann::json& request, const std::string& member) {
  const auto found = request.find(member);
  if (found == request.end() || !found->is_string()) {
    return validation(
        fmt::format("1 validation error detected: Value at '{}' failed to satisfy "
                    "constraint: Member must be a string",
                    member));
  }
  return found->get<std::string>();
}

answer_or<fake_table*> named_table(const operation_call& call) {
  const auto name = required_text(call.request, "TableName");
  if (!name) {
    return refusal(name.error());
  }
  return call.account.find_table(*name);
}

answer_or<fake_table*> active_table(const operation_call& call) {
  auto table = named_table(call);
  if (table && !(*table)->active(call.account.now())) {
    return table_not_found((*table)->settings().name);
  }
  return table;
}

answer_or<fake_table*> readable_table(const operation_call& call) {
  auto table = active_table(call);
  if (table && (*table)->throttles_reads(call.account.now())) {
    return throttling("ProvisionedThroughputExceededException");
  }
  return table;
}

answer_or<std::size_t> bounded_number(const nlohmann::json& request, const std::string& member,
                                      std::size_t otherwise, std::size_t low, std::size_t high) {
  const auto found = request.find(member);
  if (found == request.end()) {
    return otherwise;
  }
  if (!found->is_number_unsigned() || found->get<std::size_t>() < low ||
      found->get<std::size_t>() > high) {
    return validation(
        fmt::format("1 validation error detected: Value '{}' at '{}' failed to "
                    "satisfy constraint: Member must be between {} and {}",
                    found->dump(), member, low, high));
  }
  return found->get<std::size_t>();
}

}  // namespace ddm::support
