// What is being migrated: two tables and a stream, looked at once before anything is read or
// written.
//
// Every fault is an error of one line that names the thing and the remedy; all of them are reported
// at once, and nothing has been changed by then. Its class tells what the command line contradicts
// (wrong_usage) from what a service refuses or lacks.
#pragma once

#include "base/error.h"
#include "base/side.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/streams_client.h"
#include "monitor/same_place.h"
#include "verify/direction.h"

#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

/// How one table is reached, in the words of the command line.
struct table_access {
  ddm::side side;
  dynamodb::dynamodb_client& client;
  dynamodb::table_name table;
  std::string profile;  ///< as --source-profile would take it; empty: the default chain
  std::string region;
  std::string endpoint;
  std::string access_key_id;
};

struct migration_request {
  table_access source;
  table_access target;
  dynamodb::streams_client* streams = nullptr;  ///< none: no stream is wanted
  std::string stream_endpoint;
  std::string stream_access_key_id;
  std::optional<std::string> stream_arn;
  std::optional<side> verify_on;
  std::optional<std::string> partition_key;
  std::optional<std::string> sort_key;
  bool await_target = false;
  address_lookup lookup = system_lookup();
};

struct migration {
  dynamodb::table_description source;
  std::optional<dynamodb::table_description> target;  ///< nothing: awaited
  std::optional<std::string> source_ttl_attribute;
  std::optional<std::string> target_ttl_attribute;
  dynamodb::key_schema schema;
  dynamodb::stream_arn stream;
  std::string view_type;
  verify::direction way = verify::direction::source_to_target;
  /// "endpoint|access key|region|table" on DynamoDB Local, the table's ARN elsewhere.
  std::string source_identity;
  std::string target_identity;
  /// What a state calls the target that was begun while it did not exist.
  std::string target_identity_awaited;
  [[nodiscard]] bool target_is_ready() const {
    return target && target->status != dynamodb::table_status::creating;
  }
};

/// Each told in a message of its own.
struct migration_faults {
  std::vector<error> list;
  [[nodiscard]] std::vector<std::string> lines() const;
};

[[nodiscard]] awaitable<std::expected<migration, migration_faults>> examine_migration(
    const migration_request& request);

/// For a shell with the AWS CLI. Region and profile may be empty: the CLI's own defaults.
[[nodiscard]] std::string stream_enabling_command(std::string_view table, std::string_view region,
                                                  std::string_view profile);

/// "account-region-table" for the default state file's name ("awaited" in place of the account
/// while the table does not exist); characters a file name should not have become '_'.
[[nodiscard]] std::string file_name_part(const table_access& access,
                                         const std::optional<dynamodb::table_description>& table);

}  // namespace ddm::monitor
