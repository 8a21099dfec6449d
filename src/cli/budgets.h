// How much of a table's capacity may be used, where the operator has not said.
#pragma once

#include "cli/options.h"
#include "dynamodb/table_description.h"

#include <string>

namespace ddm::cli {

/// Read units a second; infinity: unlimited. `table` null: not there yet.
[[nodiscard]] double read_budget(const migration_options& options,
                                 const dynamodb::table_description* table);
/// Write units a second of `repair`.
[[nodiscard]] double write_budget(const repair_options& options,
                                  const dynamodb::table_description& target);

/// "3000/s" or "unlimited".
[[nodiscard]] std::string describe_budget(double units);

}  // namespace ddm::cli
