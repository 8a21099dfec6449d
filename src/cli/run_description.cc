#include "cli/run_description.h"

#include "base/log_name.h"
#include "dynamodb/names.h"

#include <utility>

namespace ddm::cli {
namespace {

report::table_facts awaited(const connection& link, const std::string& name_or_arn) {
  const auto arn = dynamodb::table_arn::parse(name_or_arn);
  return {.name = arn ? arn->table : name_or_arn,
          .arn = {},
          .table_id = {},
          .account = {},
          .region = link.description().region,
          .endpoint = link.description().endpoint};
}

}  // namespace

report::table_facts table_facts_of(const connection& link,
                                   const dynamodb::table_description& table) {
  const auto arn = dynamodb::table_arn::parse(table.arn);
  return {.name = table.name,
          .arn = table.arn,
          .table_id = table.id,
          .account = arn && !dynamodb::is_local_arn(table.arn) ? arn->account : std::string(),
          .region = link.description().region,
          .endpoint = link.description().endpoint};
}

report::run_facts describe_run(const open_migration& migration,
                               std::vector<report::setting> settings) {
  const auto& facts = migration.facts;
  const auto& name = log::present_name();
  return {
      .migration = name.empty() ? facts.source.name : name,
      .command = migration.manner.command,
      .version = DDM_VERSION,
      .started = migration.host.time.now(),
      .tables = {.source = table_facts_of(*migration.source->link, facts.source),
                 .target = facts.target ? table_facts_of(*migration.target->link, *facts.target)
                                        : awaited(*migration.target->link, migration.target->name)},
      .stream = std::nullopt,
      .settings = std::move(settings),
      .state_file = migration.files.state,
      .findings_file = migration.files.findings};
}

std::vector<report::credential_facts> credentials_of(const open_migration& migration) {
  std::vector<report::credential_facts> found;
  for (const auto* table : {migration.source.get(), migration.target.get()}) {
    if (auto facts = table->link->credential_facts(to_string(table->side))) {
      found.push_back(*std::move(facts));
    }
  }
  return found;
}

}  // namespace ddm::cli
