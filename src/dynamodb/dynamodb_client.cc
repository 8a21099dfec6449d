#include "dynamodb/dynamodb_client.h"

#include "dynamodb/answer.h"
#include "dynamodb/answer_bounds.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/json_cursor.h"
#include "dynamodb/table_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace ddm::dynamodb {
namespace {

constexpr std::string_view total_capacity = R"("ReturnConsumedCapacity":"TOTAL")";

std::size_t answer_bytes_max(std::string_view operation) {
  return operation == "BatchGetItem" ? batch_answer_bytes_max
         : operation == "Scan"       ? page_answer_bytes_max
         : operation == "Query"      ? page_answer_bytes_max
         : operation == "GetItem"    ? item_answer_bytes_max
                                     : other_answer_bytes_max;
}

aws::api_request request(std::string_view operation, std::string body) {
  const auto most = answer_bytes_max(operation);
  return {.target = fmt::format("DynamoDB_20120810.{}", operation),
          .body = std::move(body),
          .longest = answer_longest(most),
          .answer_bytes_max = most};
}

std::string table_member(const table_name& table) {
  return fmt::format("\"TableName\":{}", json_quote(table.str()));
}

std::string read_members(const std::optional<std::string>& start_key,
                         const std::optional<std::uint32_t>& limit, bool consistent_read) {
  auto members = fmt::format("{},\"ConsistentRead\":{}", total_capacity, consistent_read);
  if (start_key) {
    members += fmt::format(",\"ExclusiveStartKey\":{}", *start_key);
  }
  if (limit) {
    members += fmt::format(",\"Limit\":{}", *limit);
  }
  return members;
}

std::string batch_get_body(const table_name& table, const std::vector<std::string>& keys,
                           bool consistent_read) {
  std::size_t bytes = 0;
  for (const auto& key : keys) {
    bytes += key.size() + 1;
  }
  std::string body;
  body.reserve(bytes + table.str().size() + 128);
  body += fmt::format("{{\"RequestItems\":{{{}:{{\"ConsistentRead\":{},\"Keys\":[",
                      json_quote(table.str()), consistent_read);
  for (const auto& key : keys) {
    body += key;
    body += ',';
  }
  if (!keys.empty()) {
    body.pop_back();
  }
  return body + fmt::format("]}}}},{}}}", total_capacity);
}

std::string batch_write_body(const table_name& table, const dynamodb_client::batch_write& writes) {
  std::string list;
  const auto add = [&list](std::string_view what, std::string_view member,
                           const std::string& document) {
    list +=
        fmt::format("{}{{\"{}\":{{\"{}\":{}}}}}", list.empty() ? "" : ",", what, member, document);
  };
  for (const auto& item : writes.put_items) {
    add("PutRequest", "Item", item);
  }
  for (const auto& key : writes.delete_keys) {
    add("DeleteRequest", "Key", key);
  }
  return fmt::format("{{\"RequestItems\":{{{}:[{}]}}}}", json_quote(table.str()), list);
}

std::string text_value(const std::string& text) { return to_json(attribute_value{text}); }

std::string query_body(const dynamodb_client::query_request& wanted) {
  const auto below = wanted.sort_below.has_value();
  auto body = fmt::format(
      R"({{{},{},"KeyConditionExpression":"#p = :p{}","ProjectionExpression":"#p, #s",)"
      R"("ExpressionAttributeNames":{{"#p":{},"#s":{}}},"ExpressionAttributeValues":{{":p":{})",
      table_member(wanted.table),
      read_members(wanted.exclusive_start_key, wanted.limit, wanted.consistent_read),
      below ? " AND #s < :s" : "", json_quote(wanted.partition_attribute),
      json_quote(wanted.sort_attribute), text_value(wanted.partition));
  body += below ? fmt::format(R"(,":s":{})", text_value(*wanted.sort_below)) : std::string();
  return body + "}}";
}

std::string encryption_member(const std::optional<std::string>& kms_key) {
  return !kms_key ? std::string()
                  : fmt::format(R"(,"SSESpecification":{{"Enabled":true,"SSEType":"KMS"{}}})",
                                kms_key->empty()
                                    ? std::string()
                                    : fmt::format(R"(,"KMSMasterKeyId":{})", json_quote(*kms_key)));
}

std::string create_body(const dynamodb_client::table_request& wanted) {
  const auto partition = json_quote(wanted.partition_attribute);
  const auto sort = json_quote(wanted.sort_attribute);
  return fmt::format(R"({{{},"BillingMode":"PAY_PER_REQUEST",)"
                     R"("AttributeDefinitions":[{{"AttributeName":{},"AttributeType":"S"}},)"
                     R"({{"AttributeName":{},"AttributeType":"S"}}],)"
                     R"("KeySchema":[{{"AttributeName":{},"KeyType":"HASH"}},)"
                     R"({{"AttributeName":{},"KeyType":"RANGE"}}]{}}})",
                     table_member(wanted.table), partition, sort, partition, sort,
                     encryption_member(wanted.kms_key));
}

/// Fails where one of them is no item.
result<std::vector<attribute_map>> trees_of(const nlohmann::json& list) {
  std::vector<attribute_map> items;
  for (const auto& each : list) {
    auto item = parse_item(json_text(each));
    if (!item) {
      return fail(std::move(item.error()));
    }
    items.push_back(*std::move(item));
  }
  return items;
}

std::unexpected<error> damaged(std::string_view operation, const padded_buffer& body) {
  return fail(error_class::retry,
              fmt::format("reading the answer of {} ({} bytes): it is damaged; ask again",
                          operation, body.size()));
}

/// False as well for an item or a key that cannot be read.
bool has_key(std::string_view item_json, std::string_view key_json) {
  const auto item = parse_item(item_json);
  const auto key = parse_item(key_json);
  return item && key && std::ranges::all_of(*key, [&](const auto& attribute) {
           const auto found = item->find(attribute.first);
           return found != item->end() && equal(found->second, attribute.second);
         });
}

/// The text of `Item`, if the answer has one.
result<std::optional<std::string>> item_of(const padded_buffer& body) {
  json_cursor in;
  std::optional<std::string> item;
  const bool read = in.open(body) && in.each_member([&](std::string_view name) {
    if (name != "Item") {
      return in.skip_value();
    }
    if (in.take_null()) {
      return true;
    }
    const auto start = in.at();
    if (in.peek() != '{' || !in.skip_value()) {
      return false;
    }
    item.emplace(in.since(start));
    return true;
  });
  if (!read || !in.at_end()) {
    return damaged("GetItem", body);
  }
  return item;
}

/// One {"PutRequest":{"Item":…}} or {"DeleteRequest":{"Key":…}}.
bool take_write(json_cursor& in, dynamodb_client::batch_write& writes) {
  return in.each_member([&](std::string_view) {
    return in.each_member([&](std::string_view name) {
      auto& documents = name == "Item" ? writes.put_items : writes.delete_keys;
      const auto start = in.at();
      if ((name != "Item" && name != "Key") || in.peek() != '{' || !in.skip_value()) {
        return false;
      }
      documents.emplace_back(in.since(start));
      return true;
    });
  });
}

result<dynamodb_client::batch_write> unprocessed_of(const padded_buffer& body) {
  json_cursor in;
  dynamodb_client::batch_write left;
  const bool read = in.open(body) && in.each_member([&](std::string_view name) {
    if (name != "UnprocessedItems" || in.peek() != '{') {
      return in.skip_value();
    }
    return in.each_member(
        [&](std::string_view) { return in.each_element([&] { return take_write(in, left); }); });
  });
  if (!read || !in.at_end()) {
    return damaged("BatchWriteItem", body);
  }
  return left;
}

awaitable<result<padded_buffer>> call_for_page(aws::service_client& calls,
                                               aws::api_request wanted) {
  auto answer = co_await calls.call(std::move(wanted));
  if (!answer) {
    co_return fail(std::move(answer).error());
  }
  co_return std::move(answer->body);
}

awaitable<result<void>> call_for_nothing(aws::service_client& calls, aws::api_request wanted) {
  auto answer = co_await calls.call(std::move(wanted));
  if (!answer) {
    co_return fail(std::move(answer).error());
  }
  co_return result<void>{};
}

}  // namespace

std::string other_key_answered(std::string_view operation) {
  return fmt::format(
      "reading the answer of {}: it holds an item of another key than was asked for; nothing of it "
      "is used; ask again",
      operation);
}

awaitable<result<dynamodb_client::table_names>> dynamodb_client::list_tables(
    std::optional<std::string> after) {
  const nlohmann::json body =
      after ? nlohmann::json{{"ExclusiveStartTableName", *after}} : nlohmann::json::object();
  const auto answer = co_await call_for_json(calls_, request("ListTables", json_text(body)));
  if (!answer) {
    co_return fail(answer.error());
  }
  table_names page;
  for (const auto& each : member(*answer, "TableNames")) {
    if (!each.is_string()) {
      co_return strange_answer("ListTables", "a name that is no text");
    }
    page.names.push_back(each.get<std::string>());
  }
  if (auto last = text_member(*answer, "LastEvaluatedTableName"); !last.empty()) {
    page.last = std::move(last);
  }
  co_return page;
}

awaitable<result<table_description>> dynamodb_client::describe_table(table_name table) {
  const auto answer =
      co_await call_for_json(calls_, request("DescribeTable", "{" + table_member(table) + "}"));
  if (!answer) {
    co_return fail(answer.error());
  }
  co_return read_table_description("DescribeTable", member(*answer, "Table"));
}

awaitable<result<std::optional<std::string>>> dynamodb_client::describe_time_to_live(
    table_name table) {
  const auto answer = co_await call_for_json(
      calls_, request("DescribeTimeToLive", "{" + table_member(table) + "}"));
  if (!answer && answer.error().code.starts_with("UnknownOperation")) {
    co_return std::nullopt;
  }
  if (!answer) {
    co_return fail(answer.error());
  }
  const auto& description = member(*answer, "TimeToLiveDescription");
  const auto status = text_member(description, "TimeToLiveStatus");
  if (status != "ENABLED" && status != "ENABLING") {
    co_return std::nullopt;
  }
  auto attribute = text_member(description, "AttributeName");
  if (attribute.empty()) {
    co_return strange_answer("DescribeTimeToLive", "no AttributeName though TTL is enabled");
  }
  co_return attribute;
}

awaitable<result<padded_buffer>> dynamodb_client::batch_get_item(table_name table,
                                                                 std::vector<std::string> keys,
                                                                 bool consistent_read) {
  return call_for_page(calls_,
                       request("BatchGetItem", batch_get_body(table, keys, consistent_read)));
}

awaitable<result<dynamodb_client::items_read>> dynamodb_client::batch_get_trees(
    table_name table, std::vector<std::string> keys, bool consistent_read) {
  const auto answer = co_await call_for_json(
      calls_, request("BatchGetItem", batch_get_body(table, keys, consistent_read)));
  if (!answer) {
    co_return fail(answer.error());
  }
  auto items = trees_of(member(member(*answer, "Responses"), table.str()));
  if (!items) {
    co_return fail(std::move(items.error()));
  }
  items_read read{.items = *std::move(items), .unprocessed_keys = {}};
  for (const auto& key : member(member(member(*answer, "UnprocessedKeys"), table.str()), "Keys")) {
    read.unprocessed_keys.push_back(json_text(key));
  }
  co_return read;
}

awaitable<result<dynamodb_client::query_answer>> dynamodb_client::query_keys(query_request wanted) {
  const auto answer = co_await call_for_json(calls_, request("Query", query_body(wanted)));
  if (!answer) {
    co_return fail(answer.error());
  }
  auto keys = trees_of(member(*answer, "Items"));
  if (!keys) {
    co_return fail(std::move(keys.error()));
  }
  const auto& last = member(*answer, "LastEvaluatedKey");
  co_return query_answer{
      .keys = *std::move(keys),
      .last_evaluated_key = last.is_object() ? std::optional(json_text(last)) : std::nullopt};
}

awaitable<result<void>> dynamodb_client::create_table(table_request wanted) {
  return call_for_nothing(calls_, request("CreateTable", create_body(wanted)));
}

awaitable<result<std::optional<std::string>>> dynamodb_client::get_item(table_name table,
                                                                        std::string key_json,
                                                                        bool consistent_read) {
  auto body = fmt::format("{{{},\"Key\":{},{}}}", table_member(table), key_json,
                          read_members({}, {}, consistent_read));
  const auto answer = co_await call_for_page(calls_, request("GetItem", std::move(body)));
  if (!answer) {
    co_return fail(answer.error());
  }
  auto item = item_of(*answer);
  if (item && *item && !has_key(**item, key_json)) {
    co_return fail(error_class::retry, other_key_answered("GetItem"));
  }
  co_return item;
}

awaitable<result<padded_buffer>> dynamodb_client::scan(scan_request wanted) {
  auto body =
      fmt::format("{{{},\"Segment\":{},\"TotalSegments\":{},{}}}", table_member(wanted.table),
                  wanted.segment, wanted.total_segments,
                  read_members(wanted.exclusive_start_key, wanted.limit, wanted.consistent_read));
  return call_for_page(calls_, request("Scan", std::move(body)));
}

awaitable<result<void>> dynamodb_client::put_item(table_name table, std::string item_json) {
  return call_for_nothing(calls_, request("PutItem", fmt::format("{{{},\"Item\":{}}}",
                                                                 table_member(table), item_json)));
}

awaitable<result<void>> dynamodb_client::delete_item(table_name table, std::string key_json) {
  return call_for_nothing(
      calls_,
      request("DeleteItem", fmt::format("{{{},\"Key\":{}}}", table_member(table), key_json)));
}

awaitable<result<dynamodb_client::batch_write>> dynamodb_client::batch_write_item(
    table_name table, batch_write writes) {
  const auto body =
      co_await call_for_page(calls_, request("BatchWriteItem", batch_write_body(table, writes)));
  if (!body) {
    co_return fail(body.error());
  }
  co_return unprocessed_of(*body);
}

awaitable<result<dynamodb_client::conditional_outcome>> dynamodb_client::write_if(
    table_name table, conditional_write write, aws::sending* progress) {
  auto call = call_for(write);
  if (!call) {
    co_return fail(std::move(call.error()));
  }
  auto body = fmt::format("{{{},{},{}}}", table_member(table), call->members, total_capacity);
  auto wanted = request(call->operation, std::move(body));
  wanted.progress = progress;
  const auto answer = co_await call_for_json(calls_, std::move(wanted));
  if (!answer && answer.error().code == "ConditionalCheckFailedException") {
    // A write that was refused costs what it would have cost; the service does not say how much.
    co_return conditional_outcome{.written = false, .consumed_units = 1};
  }
  if (!answer) {
    co_return fail(answer.error());
  }
  co_return conditional_outcome{
      .written = true,
      .consumed_units = number_member(member(*answer, "ConsumedCapacity"), "CapacityUnits")};
}

}  // namespace ddm::dynamodb
