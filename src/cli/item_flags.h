// The flags that `datagen`, `datadel` and `state` have in common: of commands with one service.
#pragma once

#include "cli/options_flag.h"

#include <string>

namespace ddm::cli {

/// Profile, region and endpoint of one service.
[[nodiscard]] std::vector<flag> access_flags(connection_options& connection);
[[nodiscard]] flag_group table_and_access(connection_options& connection, std::string& table);
[[nodiscard]] flag batch_flag(bool& batch);
[[nodiscard]] flag wait_flag(milliseconds& wait);

}  // namespace ddm::cli
