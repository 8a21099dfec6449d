// The lines that a run begins with: what was found, and what it is going to do.
#pragma once

#include "cli/open_migration.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

/// The first lines: program and tables.
[[nodiscard]] std::string describe_tables(const open_migration& migration);
[[nodiscard]] std::string describe_keys(const connection& link, const aws::credentials& keys);
[[nodiscard]] std::string describe_ignored(const migration_options& options);
/// Reading both tables once takes at least so long by their read budgets; 0: that is not known.
[[nodiscard]] milliseconds reading_least(const open_migration& migration);
/// What comes when, below all else.
void append_what_comes(std::string& text, const std::vector<std::string>& lines);
/// An empty name goes on with the line before.
void append_line(std::string& text, std::string_view name, const std::string& value);

}  // namespace ddm::cli
