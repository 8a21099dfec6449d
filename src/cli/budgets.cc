#include "cli/budgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ddm::cli {
namespace {

constexpr double on_demand_reads = 3000;
constexpr double on_demand_writes = 100;
constexpr double provisioned_share = 0.2;
constexpr std::uint64_t load_share_percent = 75;

/// DynamoDB Local knows no throttling, whatever capacity its tables claim.
bool has_no_capacity(const dynamodb::table_description& table) {
  return table.on_demand || dynamodb::is_local_arn(table.arn);
}

}  // namespace

double read_budget(const migration_options& options, const dynamodb::table_description* table) {
  if (options.max_rcu) {
    return *options.max_rcu;
  }
  return table == nullptr || has_no_capacity(*table)
             ? on_demand_reads
             : std::max(1.0, table->provisioned_rcu * provisioned_share);
}

double write_budget(const repair_options& options, const dynamodb::table_description& target) {
  if (options.max_wcu) {
    return *options.max_wcu;
  }
  return has_no_capacity(target) ? on_demand_writes
                                 : std::max(1.0, target.provisioned_wcu * provisioned_share);
}

std::uint64_t memory_for_load(const migration_options& options) {
  return options.memory_bytes / 100 * load_share_percent;
}

std::string describe_budget(double units) {
  return std::isinf(units) ? std::string("unlimited") : fmt::format("{:.0f}/s", units);
}

}  // namespace ddm::cli
