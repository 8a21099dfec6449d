// Flags that more than one command has, written once. The file of each command, `NAME_flags.cc`,
// puts its table together from these and its own.
#pragma once

#include "cli/options_flag.h"
#include "cli/usage.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

/// "arn:aws:dynamodb:eu-west-1:123456789012:table/orders" → "orders".
[[nodiscard]] std::string name_of_table(const std::string& name_or_arn);

void append(flag_group& group, std::vector<flag> more);

[[nodiscard]] std::vector<flag> key_flags(std::optional<std::string>& partition,
                                          std::optional<std::string>& sort);
[[nodiscard]] flag_group tables_and_access(migration_options& o);
[[nodiscard]] std::vector<flag> stream_flags(connection_options& stream,
                                             std::optional<std::string>& arn);
[[nodiscard]] flag accept_flag(std::vector<std::string>& accepted);
/// What is equal, and when.
[[nodiscard]] std::vector<flag> equality_flags(migration_options& o);
[[nodiscard]] std::vector<flag> pace_flags(migration_options& o);
[[nodiscard]] flag segments_flag(migration_options& o);
[[nodiscard]] flag config_flag(migration_options& o);
/// Which migrations of a fleet.
[[nodiscard]] flag only_flag(std::vector<std::string>& only);
/// `fresh` is the help of --fresh.
[[nodiscard]] flag_group files(migration_options& o, std::string_view fresh);
/// The first flag of the group is --state: it may name a place in a table, and then there are flags
/// by which that is reached.
inline constexpr std::string_view progress_help =
    "progress; the same command goes on from there: a file, or dynamodb://TABLE/NAME, which "
    "outlives its host";
void let_state_lie_in_table(flag_group& group, migration_options& o,
                            std::string_view help = progress_help);
[[nodiscard]] std::vector<flag> output_flags(migration_options& o);
[[nodiscard]] flag quiet_flag(migration_options& o);
[[nodiscard]] flag emf_flag(migration_options& o);
[[nodiscard]] flag_group web_server(migration_options& o);
[[nodiscard]] flag_group alerts(migration_options& o);

/// What complete() does for every command with two tables.
void complete_shared(migration_options& o, std::vector<std::string>& contradictions);
/// What --quiet says of the log.
void apply_quiet(migration_options& o);
/// Of a command whose state may lie in a table.
void complete_state_in_table(migration_options& o, std::vector<std::string>& contradictions);

}  // namespace ddm::cli
