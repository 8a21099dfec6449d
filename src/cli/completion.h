// Completions for a shell, written from the table that parses the flags.
#pragma once

#include "base/error.h"
#include "cli/options_flag.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

struct completed_command {
  std::string_view name;
  flag_table flags;
};

/// A script for "bash", "zsh" or "fish", to be sourced or put where the shell looks for it; of any
/// other shell an error.
[[nodiscard]] result<std::string> completion_script(std::string_view shell,
                                                    std::span<const completed_command> commands);

}  // namespace ddm::cli
