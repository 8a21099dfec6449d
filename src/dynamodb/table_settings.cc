#include "dynamodb/table_settings.h"

#include "base/foreign_json.h"
#include "dynamodb/attribute_value.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace ddm::dynamodb {
namespace {

using nlohmann::json;
using known = std::optional<std::string>;

bool is_aws(const json& table) {
  const auto arn = text_member(table, "TableArn");
  return arn.starts_with("arn:aws") && !is_local_arn(arn);
}

std::string joined(std::vector<std::string> parts) {
  std::ranges::sort(parts);
  std::string text;
  for (const auto& part : parts) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::string type_of(const json& table, const std::string& attribute) {
  for (const auto& definition : member(table, "AttributeDefinitions")) {
    if (text_member(definition, "AttributeName") == attribute) {
      return text_member(definition, "AttributeType");
    }
  }
  return "?";
}

std::string describe_index(const json& table, const json& index, std::string_view reach) {
  std::string keys;
  for (const auto& element : member(index, "KeySchema")) {
    const auto name = text_member(element, "AttributeName");
    keys += fmt::format("{}{} ({})", keys.empty() ? "" : ", ", name, type_of(table, name));
  }
  const auto& projection = member(index, "Projection");
  std::vector<std::string> included;
  for (const auto& name : member(projection, "NonKeyAttributes")) {
    included.push_back(name.is_string() ? name.get<std::string>() : "?");
  }
  const auto status = text_member(index, "IndexStatus");
  return fmt::format("{}, key {}, projection {}{}{}", reach, keys,
                     text_member(projection, "ProjectionType"),
                     included.empty() ? "" : " " + joined(std::move(included)),
                     status.empty() || status == "ACTIVE" ? "" : ", " + status);
}

void add_indexes(const json& table, table_settings& settings) {
  for (const auto& index : member(table, "GlobalSecondaryIndexes")) {
    settings["index:" + text_member(index, "IndexName")] = describe_index(table, index, "global");
  }
  for (const auto& index : member(table, "LocalSecondaryIndexes")) {
    settings["index:" + text_member(index, "IndexName")] = describe_index(table, index, "local");
  }
}

/// What is absent has its default on AWS; elsewhere nothing is known.
known or_default(const json& table, known given, std::string_view fallback) {
  return given ? given : is_aws(table) ? known(fallback) : std::nullopt;
}

known text_at(const json& object, std::string_view name) {
  auto text = text_member(object, name);
  return text.empty() ? std::nullopt : known(std::move(text));
}

known warm_throughput(const json& table) {
  const auto& warm = member(table, "WarmThroughput");
  if (!warm.is_object()) {
    return std::nullopt;
  }
  return fmt::format("{} reads/s, {} writes/s", count_member(warm, "ReadUnitsPerSecond"),
                     count_member(warm, "WriteUnitsPerSecond"));
}

known replicas(const json& table) {
  std::vector<std::string> regions;
  for (const auto& replica : member(table, "Replicas")) {
    regions.push_back(text_member(replica, "RegionName"));
  }
  return regions.empty() ? or_default(table, std::nullopt, "none") : joined(std::move(regions));
}

/// The key's ARN differs between accounts by nature; its kind is what can be compared.
known encryption(const json& table) {
  const auto& encryption = member(table, "SSEDescription");
  if (!encryption.is_object()) {
    return or_default(table, std::nullopt, "AWS-owned key");
  }
  return fmt::format("{} key", text_at(encryption, "SSEType").value_or("unknown"));
}

known ttl_setting(const json& ttl) {
  const auto status = text_member(ttl, "TimeToLiveStatus");
  if (status.empty()) {
    return std::nullopt;
  }
  return status == "ENABLED" || status == "ENABLING"
             ? fmt::format("on {}", text_member(ttl, "AttributeName"))
             : std::string("off");
}

known recovery_setting(const json& backups) {
  const auto& recovery = member(backups, "PointInTimeRecoveryDescription");
  const auto status = text_member(recovery, "PointInTimeRecoveryStatus");
  if (status.empty()) {
    return std::nullopt;
  }
  const auto days = count_member(recovery, "RecoveryPeriodInDays");
  return status != "ENABLED" ? "off" : days == 0 ? "on" : fmt::format("on, {} days", days);
}

}  // namespace

table_settings settings_of(const json& table, const json& ttl, const json& backups) {
  table_settings settings;
  const bool on_demand =
      text_member(member(table, "BillingModeSummary"), "BillingMode") == "PAY_PER_REQUEST";
  settings["billing"] = on_demand ? "on demand" : "provisioned";
  if (!on_demand) {
    const auto& throughput = member(table, "ProvisionedThroughput");
    settings["capacity"] = fmt::format("{:.0f} reads/s, {:.0f} writes/s",
                                       number_member(throughput, "ReadCapacityUnits"),
                                       number_member(throughput, "WriteCapacityUnits"));
  }
  settings["warm-throughput"] = warm_throughput(table);
  settings["ttl"] = ttl_setting(ttl);
  const auto& stream = member(table, "StreamSpecification");
  settings["stream"] =
      bool_member(stream, "StreamEnabled") ? text_member(stream, "StreamViewType") : "off";
  settings["pitr"] = recovery_setting(backups);
  settings["encryption"] = encryption(table);
  const auto& protection = member(table, "DeletionProtectionEnabled");
  settings["deletion-protection"] = or_default(
      table, protection.is_boolean() ? known(protection.get<bool>() ? "on" : "off") : std::nullopt,
      "off");
  settings["table-class"] =
      or_default(table, text_at(member(table, "TableClassSummary"), "TableClass"), "STANDARD");
  settings["replicas"] = replicas(table);
  add_indexes(table, settings);
  return settings;
}

std::optional<std::string> kms_key_of(const json& table) {
  return text_at(member(table, "SSEDescription"), "KMSMasterKeyArn");
}

}  // namespace ddm::dynamodb
