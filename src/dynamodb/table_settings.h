// What a table is beside its items: the settings that a copy of the items does not carry over.
//
// Problem: after a cutover the application meets the new table's indexes, TTL, backups and keys.
// Idea: every setting becomes a name and a text; two tables are then compared as two maps, and what
// a service did not say is unknown, never taken for equal. (DynamoDB Local and other stores answer
// only a part; on AWS an absent member stands for the default.)
#pragma once

#include "dynamodb/table_description.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>

namespace ddm::dynamodb {

/// By name: "billing", "capacity", "warm-throughput", "ttl", "stream", "pitr", "encryption",
/// "deletion-protection", "table-class", "replicas", and "index:NAME" for each index. No value: not
/// known.
using table_settings = std::map<std::string, std::optional<std::string>>;

/// From the members Table, TimeToLiveDescription and ContinuousBackupsDescription of the three
/// descriptions; null where a description could not be had.
[[nodiscard]] table_settings settings_of(const nlohmann::json& table, const nlohmann::json& ttl,
                                         const nlohmann::json& backups);

/// The key that encrypts the table; nothing: AWS's own, or not known.
[[nodiscard]] std::optional<std::string> kms_key_of(const nlohmann::json& table);

struct described_table {
  table_description table;
  table_settings settings;
  std::optional<std::string> kms_key_arn;
  bool may_know_more_later = false;  ///< a call failed in a way that waiting mends
};

}  // namespace ddm::dynamodb
