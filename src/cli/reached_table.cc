#include "cli/reached_table.h"

#include "dynamodb/describe_settings.h"

#include <expected>
#include <utility>

namespace ddm::cli {
namespace {

/// Null: a fault was added.
awaitable<std::unique_ptr<reached_table>> reach(shared_connections& connections, side which,
                                                std::string name, connection_options options,
                                                fault_list& faults) {
  auto link =
      connections.open({std::string(to_string(which)), aws_service::tables, std::move(options)});
  if (!link) {
    faults.push_back(std::move(link.error()));
    co_return nullptr;
  }
  if (auto fault = region_fault(which, name, (*link)->description())) {
    faults.push_back(wrong_usage(*std::move(fault)).error());
    co_return nullptr;
  }
  auto keys = co_await keys_of(**link, std::string(to_string(which)), faults);
  if (!keys) {
    co_return nullptr;
  }
  co_return std::make_unique<reached_table>(which, std::move(name), *std::move(link),
                                            std::move(keys));
}

}  // namespace

awaitable<aws::shared_credentials> keys_of(connection& link, std::string name, fault_list& faults) {
  auto keys = co_await link.credentials();
  if (!keys) {
    faults.push_back(std::move(keys.error()).within(name));
    co_return nullptr;
  }
  co_return std::move(*keys);
}

reached_table::reached_table(ddm::side which, std::string table, std::unique_ptr<connection> by,
                             aws::shared_credentials with)
    : side(which),
      name(std::move(table)),
      link(std::move(by)),
      keys(std::move(with)),
      client(link->calls()) {}

void reached_table::begin_reading(clock& time, shared_budgets& shared, const std::string& key,
                                  double units_per_second,
                                  const std::optional<std::string>& ttl_attribute) {
  budget.emplace(time, units_per_second,
                 shared.above(link->description().endpoint + " " + key, units_per_second));
  link->on_throttled([this] { budget->slow_down(); });
  reading.emplace(dynamodb::metered_table{.side = side,
                                          .client = client,
                                          .name = dynamodb::table_name(name),
                                          .budget = *budget,
                                          .ttl_attribute = ttl_attribute});
}

awaitable<result<dynamodb::table_description>> reached_table::describe() {
  co_return co_await client.describe_table(dynamodb::table_name(name));
}

awaitable<result<dynamodb::described_table>> reached_table::describe_with_settings() {
  co_return co_await dynamodb::describe_with_settings(link->calls(), dynamodb::table_name(name));
}

monitor::table_access reached_table::access() {
  const auto& description = link->description();
  return {.side = side,
          .client = client,
          .table = dynamodb::table_name(name),
          .profile = description.profile,
          .region = description.region,
          .endpoint = description.endpoint,
          .access_key_id = keys->access_key_id};
}

awaitable<std::expected<reached_tables, fault_list>> reach_tables(
    shared_connections& connections, const migration_options& options) {
  fault_list faults;
  reached_tables tables;
  tables.source =
      co_await reach(connections, side::source, options.source_table, options.source, faults);
  tables.target =
      co_await reach(connections, side::target, options.target_table, options.target, faults);
  if (!faults.empty()) {
    co_return std::unexpected(std::move(faults));
  }
  co_return tables;
}

monitor::migration_request request_for(const reached_tables& tables,
                                       const migration_options& options) {
  return {.source = tables.source->access(),
          .target = tables.target->access(),
          .partition_key = options.partition_key,
          .sort_key = options.sort_key};
}

}  // namespace ddm::cli
