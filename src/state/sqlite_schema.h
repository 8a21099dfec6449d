// The tables of the state, how a new file comes to be, and how an old one becomes a present one.
//
// Problem: a monitor that has run for days is replaced by a newer one with other tables; its
// progress must go on, and a file that was upgraded must not differ from a new one.
// Idea: the format is a list of scripts, each of which makes format n of format n − 1. A new file
// runs them all, an old one those that it lacks, in one transaction.
#pragma once

#include "base/error.h"
#include "state/sqlite_connection.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ddm::state {

/// Creates the file with empty tables, mode 0600, in place of whatever is there. It is built beside
/// its place and renamed, so a crash leaves the old file, none, or a complete new one.
[[nodiscard]] result<void> create_state_file(const std::string& path);

/// Refuses a format of a later program.
[[nodiscard]] result<void> check_version(const std::string& path, std::uint32_t version);

/// To change the tables: append a script, and raise state_file's `format_version` by one.
[[nodiscard]] std::span<const char* const> format_scripts();

/// As SQLite sees it; the file's header lags behind while a WAL exists.
[[nodiscard]] result<std::uint32_t> format_of(sqlite_connection& connection);

/// Runs the scripts that the state lacks, all or none. Nothing else may write to it meanwhile.
[[nodiscard]] result<void> upgrade(sqlite_connection& connection, std::span<const char* const> all);

/// What to do about it is part of the message. `why`: "its open checks cannot be read".
[[nodiscard]] error damaged_state(const std::string& path, std::string_view why);

/// Reads the whole file and looks for damage.
[[nodiscard]] result<void> check_integrity(sqlite_connection& connection);

}  // namespace ddm::state
