#include "dynamodb/attribute_value.h"
#include "support/operations.h"

#include <fmt/format.h>

#include <iterator>

namespace ddm::support {
namespace {

using dynamodb::json_quote;
using nlohmann::json;

std::optional<dynamodb::key_type> key_type_of(const json& definitions, const std::string& name) {
  for (const auto& definition : definitions) {
    if (definition.value("AttributeName", "") == name) {
      const auto type = definition.value("AttributeType", "");
      if (type == "S") {
        return dynamodb::key_type::string;
      }
      if (type == "N") {
        return dynamodb::key_type::number;
      }
      if (type == "B") {
        return dynamodb::key_type::binary;
      }
    }
  }
  return std::nullopt;
}

answer_or<dynamodb::key_schema> parse_schema(const json& request) {
  dynamodb::key_schema schema;
  for (const auto& element : request.value("KeySchema", json::array())) {
    const auto name = element.value("AttributeName", "");
    const auto type = key_type_of(request.value("AttributeDefinitions", json::array()), name);
    if (!type) {
      return validation(
          "One or more parameter values were invalid: Some index key attributes are "
          "not defined in AttributeDefinitions: " +
          name);
    }
    if (element.value("KeyType", "") == "HASH") {
      schema.partition = {.name = name, .type = *type};
    } else {
      schema.sort = {.name = name, .type = *type};
    }
  }
  if (schema.partition.name.empty()) {
    return validation(
        "No Hash Key specified in schema. All Dynamo DB tables must have exactly one "
        "hash key");
  }
  return schema;
}

std::string attribute_definitions_json(const dynamodb::key_schema& schema) {
  const auto definition = [](const dynamodb::key_attribute& key) {
    return fmt::format(R"({{"AttributeName":{},"AttributeType":"{}"}})", json_quote(key.name),
                       dynamodb::to_char(key.type));
  };
  return schema.sort
             ? fmt::format("[{},{}]", definition(schema.partition), definition(*schema.sort))
             : fmt::format("[{}]", definition(schema.partition));
}

std::string description_json(const operation_call& call, const fake_table& table,
                             std::string_view status) {
  const auto& settings = table.settings();
  const auto id = call.account.settings().table_ids ? fmt::format(R"("TableId":"{}",)", settings.id)
                                                    : std::string();
  std::string json = fmt::format(
      R"({{"TableName":{},"TableArn":"{}",{}"TableStatus":"{}","KeySchema":{},)"
      R"("AttributeDefinitions":{},"CreationDateTime":{},"ItemCount":{},)"
      R"("TableSizeBytes":{},"ProvisionedThroughput":{{"ReadCapacityUnits":{},)"
      R"("WriteCapacityUnits":{},"NumberOfDecreasesToday":0}})",
      json_quote(settings.name), settings.arn, id, status, key_schema_json(table.schema()),
      attribute_definitions_json(table.schema()), api_time(settings.created), table.item_count(),
      table.bytes(), settings.provisioned_rcu, settings.provisioned_wcu);
  auto to = std::back_inserter(json);
  if (settings.on_demand) {
    json += R"(,"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"})";
  }
  if (table.stream_arn) {
    const auto stream = call.account.find_stream(*table.stream_arn);
    if (table.stream_on && stream) {
      fmt::format_to(to, R"(,"StreamSpecification":{{"StreamEnabled":true,"StreamViewType":"{}"}})",
                     (*stream)->settings().view_type);
    }
    fmt::format_to(to, R"(,"LatestStreamArn":"{}","LatestStreamLabel":"{}")", *table.stream_arn,
                   table.stream_arn->substr(table.stream_arn->rfind('/') + 1));
  }
  return json + "}";
}

bool known_view_type(std::string_view text) {
  return text == "KEYS_ONLY" || text == "NEW_IMAGE" || text == "OLD_IMAGE" ||
         text == "NEW_AND_OLD_IMAGES";
}

/// The view type that a StreamSpecification asks for; empty: the stream is to be off.
answer_or<std::string> wanted_view_type(const json& specification) {
  if (!specification.is_object() || !specification.value("StreamEnabled", false)) {
    return "";
  }
  auto view_type = specification.value("StreamViewType", "");
  if (!known_view_type(view_type)) {
    return validation(
        fmt::format("1 validation error detected: Value '{}' at "
                    "'streamSpecification.streamViewType' failed to satisfy "
                    "constraint: Member must satisfy enum value set: [NEW_IMAGE, "
                    "OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY]",
                    view_type));
  }
  return view_type;
}

}  // namespace

std::string key_schema_json(const dynamodb::key_schema& schema) {
  auto text =
      fmt::format(R"([{{"AttributeName":{},"KeyType":"HASH"}})", json_quote(schema.partition.name));
  if (schema.sort) {
    fmt::format_to(std::back_inserter(text), R"(,{{"AttributeName":{},"KeyType":"RANGE"}})",
                   json_quote(schema.sort->name));
  }
  return text + "]";
}

answer_or<std::string> create_table(const operation_call& call) {
  const auto name = required_text(call.request, "TableName");
  auto schema = parse_schema(call.request);
  const auto view_type = wanted_view_type(call.request.value("StreamSpecification", json()));
  if (!name || !schema || !view_type) {
    return refusal(!name ? name.error() : !schema ? schema.error() : view_type.error());
  }
  if (call.account.find_table(*name)) {
    return resource_in_use("Table already exists: " + *name);
  }
  auto& table = call.account.create_table(
      *name, std::move(*schema), view_type->empty() ? std::nullopt : std::optional(*view_type));
  if (call.request.value("BillingMode", "") != "PAY_PER_REQUEST") {
    const auto throughput = call.request.value("ProvisionedThroughput", json::object());
    table.settings().on_demand = false;
    table.settings().provisioned_rcu = throughput.value("ReadCapacityUnits", 5.0);
    table.settings().provisioned_wcu = throughput.value("WriteCapacityUnits", 5.0);
  }
  return fmt::format(R"({{"TableDescription":{}}})", description_json(call, table, "CREATING"));
}

answer_or<std::string> describe_table(const operation_call& call) {
  const auto table = named_table(call);
  if (!table) {
    return refusal(table.error());
  }
  const auto status = (*table)->active(call.account.now()) ? "ACTIVE" : "CREATING";
  return fmt::format(R"({{"Table":{}}})", description_json(call, **table, status));
}

answer_or<std::string> delete_table(const operation_call& call) {
  const auto table = named_table(call);
  if (!table) {
    return refusal(table.error());
  }
  auto answer =
      fmt::format(R"({{"TableDescription":{}}})", description_json(call, **table, "DELETING"));
  call.account.delete_table((*table)->settings().name);
  return answer;
}

answer_or<std::string> update_table(const operation_call& call) {
  const auto table = active_table(call);
  const auto view_type = wanted_view_type(call.request.value("StreamSpecification", json()));
  if (!table || !view_type) {
    return refusal(!table ? table.error() : view_type.error());
  }
  if (call.request.contains("StreamSpecification")) {
    const bool on = !view_type->empty();
    if (on == (*table)->stream_on) {
      return on ? validation("Table already has an enabled stream: TableName: " +
                             (*table)->settings().name)
                : validation("Table is not stream enabled: " + (*table)->settings().name);
    }
    if (on) {
      call.account.enable_stream((*table)->settings().name, *view_type);
    } else {
      call.account.disable_stream((*table)->settings().name);
    }
  }
  return fmt::format(R"({{"TableDescription":{}}})", description_json(call, **table, "UPDATING"));
}

answer_or<std::string> describe_time_to_live(const operation_call& call) {
  const auto table = named_table(call);
  if (!table) {
    return refusal(table.error());
  }
  const auto& attribute = (*table)->ttl_attribute;
  return attribute ? fmt::format(R"({{"TimeToLiveDescription":{{"AttributeName":{},)"
                                 R"("TimeToLiveStatus":"ENABLED"}}}})",
                                 json_quote(*attribute))
                   : R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})";
}

answer_or<std::string> update_time_to_live(const operation_call& call) {
  const auto table = active_table(call);
  const auto specification = call.request.value("TimeToLiveSpecification", json::object());
  const auto attribute = required_text(specification, "AttributeName");
  if (!table || !attribute) {
    return refusal(!table ? table.error() : attribute.error());
  }
  const bool on = specification.value("Enabled", false);
  if (on == (*table)->ttl_attribute.has_value()) {
    return validation(on ? "TimeToLive is already enabled" : "TimeToLive is already disabled");
  }
  (*table)->ttl_attribute = on ? std::optional(*attribute) : std::nullopt;
  return fmt::format(R"({{"TimeToLiveSpecification":{}}})", specification.dump());
}

}  // namespace ddm::support
