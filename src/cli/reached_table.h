// One table as it is reached: its connection, who asks, and at what pace it is read.
#pragma once

#include "aws/credentials_source.h"
#include "base/side.h"
#include "cli/connection.h"
#include "cli/faults.h"
#include "cli/options.h"
#include "cli/shared_budgets.h"
#include "cli/shared_connections.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/table_reader.h"
#include "dynamodb/table_settings.h"
#include "monitor/migration.h"
#include "runtime/rate_limiter.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::cli {

/// The credentials that it has now. Null: a fault was added, with this name before it.
[[nodiscard]] awaitable<aws::shared_credentials> keys_of(connection& link, std::string name,
                                                         fault_list& faults);

/// Stays where it was made: its reading refers to it.
struct reached_table {
  reached_table(ddm::side which, std::string table, std::unique_ptr<connection> by,
                aws::shared_credentials with);
  reached_table(const reached_table&) = delete;
  reached_table& operator=(const reached_table&) = delete;

  /// Once it is known what may be read of it; before that there is no `reading`.
  /// `key`: what other migrations of the process know the table by.
  void begin_reading(clock& time, shared_budgets& shared, const std::string& key,
                     double units_per_second, const std::optional<std::string>& ttl_attribute);
  /// Of this moment.
  [[nodiscard]] awaitable<result<dynamodb::table_description>> describe();
  [[nodiscard]] awaitable<result<dynamodb::described_table>> describe_with_settings();
  [[nodiscard]] monitor::table_access access();

  ddm::side side;
  std::string name;  ///< or ARN, as the command line has it
  std::unique_ptr<connection> link;
  aws::shared_credentials keys;
  dynamodb::dynamodb_client client;
  std::optional<rate_limiter> budget;
  std::optional<dynamodb::metered_table> reading;
};

struct reached_tables {
  std::unique_ptr<reached_table> source;
  std::unique_ptr<reached_table> target;
};

/// Both, or every fault that there is. No table has been asked for anything by then.
[[nodiscard]] awaitable<std::expected<reached_tables, fault_list>> reach_tables(
    shared_connections& connections, const migration_options& options);

/// What is to be examined where the two tables are all.
[[nodiscard]] monitor::migration_request request_for(const reached_tables& tables,
                                                     const migration_options& options);

}  // namespace ddm::cli
