// The lines that a run begins with: what was found, and what it is going to do.
#pragma once

#include "cli/open_migration.h"

#include <string>
#include <string_view>

namespace ddm::cli {

/// The first lines: program and tables.
[[nodiscard]] std::string describe_tables(const open_migration& migration);
[[nodiscard]] std::string describe_keys(const connection& link, const aws::credentials& keys);
[[nodiscard]] std::string describe_ignored(const migration_options& options);
/// An empty name goes on with the line before.
void append_line(std::string& text, std::string_view name, const std::string& value);

}  // namespace ddm::cli
