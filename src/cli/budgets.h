// How much of a table's capacity may be used, where the operator has not said, and of the memory.
#pragma once

#include "cli/options.h"
#include "dynamodb/table_description.h"

#include <cstdint>
#include <string>

namespace ddm::cli {

/// Read units a second; infinity: unlimited. `table` null: not there yet.
[[nodiscard]] double read_budget(const migration_options& options,
                                 const dynamodb::table_description* table);
/// Write units a second of `repair`.
[[nodiscard]] double write_budget(const repair_options& options,
                                  const dynamodb::table_description& target);

/// Part of --memory for what grows with load; the rest is for pages in flight and the program.
[[nodiscard]] std::uint64_t memory_for_load(const migration_options& options);

/// "3000/s" or "unlimited".
[[nodiscard]] std::string describe_budget(double units);

}  // namespace ddm::cli
