// The flags that `datagen` and `datadel` have in common.
#pragma once

#include "cli/options_flag.h"

#include <string>

namespace ddm::cli {

[[nodiscard]] flag_group table_and_access(connection_options& connection, std::string& table);
[[nodiscard]] flag batch_flag(bool& batch);
[[nodiscard]] flag wait_flag(milliseconds& wait);

}  // namespace ddm::cli
