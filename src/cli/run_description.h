// What a status speaks of, told by what is open.
#pragma once

#include "cli/open_migration.h"
#include "cli/options_flag.h"
#include "report/run_facts.h"

#include <string>
#include <vector>

namespace ddm::cli {

/// Of this moment: a target that is awaited gets its facts later (`table_facts_of`).
[[nodiscard]] report::run_facts describe_run(const open_migration& migration,
                                             std::vector<report::setting> settings);
[[nodiscard]] report::table_facts table_facts_of(const connection& link,
                                                 const dynamodb::table_description& table);
/// Those of both tables.
[[nodiscard]] std::vector<report::credential_facts> credentials_of(const open_migration& migration);

/// The values in force of all flags that have one.
template <class Options>
[[nodiscard]] std::vector<report::setting> settings_in_force(Options options) {
  return settings_of(flags_of(options));
}

}  // namespace ddm::cli
