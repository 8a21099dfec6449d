// The help texts. Flags, defaults and variables come from the table that parses them.
#pragma once

#include "cli/options_flag.h"

#include <string>

namespace ddm::cli {

inline constexpr std::string_view program_name = "dynamodb-migration-monitor";

[[nodiscard]] const command_description& describe(const monitor_options&);
[[nodiscard]] const command_description& describe(const compare_options&);
[[nodiscard]] const command_description& describe(const plan_options&);
[[nodiscard]] const command_description& describe(const repair_options&);
[[nodiscard]] const command_description& describe(const report_options&);
[[nodiscard]] const command_description& describe(const state_options&);
[[nodiscard]] const command_description& describe(const datagen_options&);
[[nodiscard]] const command_description& describe(const datadel_options&);

/// --help without a command.
[[nodiscard]] std::string general_help();
/// --help of one command; no line is longer than 100 columns.
[[nodiscard]] std::string command_help(const command_description& command, const flag_table& flags);
/// --version.
[[nodiscard]] std::string version_line();

}  // namespace ddm::cli
