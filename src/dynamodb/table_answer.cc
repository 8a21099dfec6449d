#include "dynamodb/table_answer.h"

#include "dynamodb/answer.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace ddm::dynamodb {
namespace {

using nlohmann::json;

table_status status_of(std::string_view text) {
  return text == "ACTIVE"     ? table_status::active
         : text == "CREATING" ? table_status::creating
         : text == "UPDATING" ? table_status::updating
         : text == "DELETING" ? table_status::deleting
                              : table_status::other;
}

std::optional<key_type> type_of(const json& table, std::string_view attribute) {
  for (const auto& definition : member(table, "AttributeDefinitions")) {
    if (text_member(definition, "AttributeName") == attribute) {
      const auto type = text_member(definition, "AttributeType");
      return type == "S"   ? std::optional(key_type::string)
             : type == "N" ? std::optional(key_type::number)
             : type == "B" ? std::optional(key_type::binary)
                           : std::nullopt;
    }
  }
  return std::nullopt;
}

/// As the service bounds it.
constexpr std::size_t key_name_bytes_max = 255;

bool has_long_name(const key_schema& schema) {
  return schema.partition.name.size() > key_name_bytes_max ||
         (schema.sort && schema.sort->name.size() > key_name_bytes_max);
}

std::optional<key_schema> schema_of(const json& table) {
  key_schema schema;
  for (const auto& element : member(table, "KeySchema")) {
    auto name = text_member(element, "AttributeName");
    const auto type = type_of(table, name);
    if (!type) {
      return std::nullopt;
    }
    key_attribute attribute{std::move(name), *type};
    if (text_member(element, "KeyType") == "HASH") {
      schema.partition = std::move(attribute);
    } else {
      schema.sort = std::move(attribute);
    }
  }
  return schema.partition.name.empty() ? std::nullopt : std::optional(std::move(schema));
}

}  // namespace

result<table_description> read_table_description(std::string_view operation, const json& table) {
  table_description out;
  out.name = text_member(table, "TableName");
  out.status_text = text_member(table, "TableStatus");
  if (out.name.empty() || out.status_text.empty()) {
    return strange_answer(operation, "no table description");
  }
  auto schema = schema_of(table);
  if (!schema) {
    return strange_answer(operation, "no key schema with the types of its attributes");
  }
  if (has_long_name(*schema)) {
    return strange_answer(operation, "a key attribute whose name has more than 255 bytes");
  }
  out.schema = std::move(*schema);
  out.arn = text_member(table, "TableArn");
  out.id = text_member(table, "TableId");
  if (const auto seconds = number_member(table, "CreationDateTime"); seconds > 0) {
    out.created = from_ms(std::llround(seconds * 1000));
  }
  out.status = status_of(out.status_text);
  out.item_count = count_member(table, "ItemCount");
  out.size_bytes = count_member(table, "TableSizeBytes");
  const auto& throughput = member(table, "ProvisionedThroughput");
  out.provisioned_rcu = number_member(throughput, "ReadCapacityUnits");
  out.provisioned_wcu = number_member(throughput, "WriteCapacityUnits");
  out.on_demand =
      text_member(member(table, "BillingModeSummary"), "BillingMode") == "PAY_PER_REQUEST";
  const auto& stream = member(table, "StreamSpecification");
  out.stream.enabled = bool_member(stream, "StreamEnabled");
  out.stream.view_type = text_member(stream, "StreamViewType");
  if (auto arn = text_member(table, "LatestStreamArn"); !arn.empty()) {
    out.latest_stream_arn.emplace(std::move(arn));
  }
  return out;
}

}  // namespace ddm::dynamodb
