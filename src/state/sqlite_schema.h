// The tables of the state, and how a new file comes to be.
#pragma once

#include "base/error.h"
#include "state/sqlite_connection.h"

#include <string>

namespace ddm::state {

/// Creates the file with empty tables, mode 0600, in place of whatever is there. It is built beside
/// its place and renamed, so a crash leaves the old file, none, or a complete new one.
[[nodiscard]] result<void> create_state_file(const std::string& path);

/// Refuses a format of a later program.
[[nodiscard]] result<void> check_version(const std::string& path, std::uint32_t version);

/// Reads the whole file and looks for damage.
[[nodiscard]] result<void> check_integrity(sqlite_connection& connection);

}  // namespace ddm::state
