// The places a setting may come from, read into one list of raw texts: arguments and variables
// here, files in config_file.h.
#pragma once

#include "aws/environment.h"
#include "cli/options_flag.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

/// One value as it was written, and where: "--sample-rate", "DDB_BATCH_SIZE", "m.toml line 3:
/// memory".
struct raw_setting {
  std::string origin;
  std::string text;
};

/// By the flag's name; a flag that may be repeated has several.
using raw_settings = std::map<std::string_view, std::vector<raw_setting>>;

struct parsed_arguments {
  raw_settings settings;
  bool help = false;
  bool version = false;
};

/// --name value, --name=value, and both with a single dash. A switch may stand alone. Words
/// without a flag belong to the one that takes them. Faults: unknown flags, missing values, words
/// where no flag takes any.
[[nodiscard]] parsed_arguments read_arguments(const flag_table& table,
                                              std::span<const std::string> arguments,
                                              std::vector<std::string>& faults);

[[nodiscard]] raw_settings read_variables(const flag_table& table,
                                          const aws::environment& variables);

/// What a required flag without any setting is.
enum class missing {
  is_fault,
  is_no_fault,
};

/// Hands each flag its settings. Faults: values that a flag refuses, required flags without any.
void apply_settings(const flag_table& table, const raw_settings& settings,
                    std::vector<std::string>& faults, missing required = missing::is_fault);

/// Null: the table has none of that name.
[[nodiscard]] const flag* find_flag(const flag_table& table, std::string_view name);

/// The rest of the sentence about a flag that its command does not have, however it was written.
[[nodiscard]] std::string unknown_flag(std::string_view written, const flag_table& table,
                                       std::string_view dashes);

/// ": did you mean --sample-rate?", or nothing when no name is near.
[[nodiscard]] std::string suggestion(std::string_view written,
                                     const std::vector<std::string_view>& names,
                                     std::string_view dashes);

}  // namespace ddm::cli
