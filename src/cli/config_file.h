// The file that --config names: the settings of one migration, or a fleet of them.
//
//   max-lag = "2m"                  # one migration: the flags' names
//   target-table = "orders"
//
//   [defaults]                      # a fleet: what holds for all
//   source-profile = "old"
//   state = "/data/{name}.db"
//
//   [[migration]]                   # and one of these for each
//   target-table = "orders"
//
// Problem: forty tables differ in their names and agree in all else; forty files drift apart.
// Idea: a [[migration]] stands on [defaults], and any flag can be in either; {name} in what is said
// for all is the name of the migration that it is said of.
// Reason: one file is then the fleet of `monitor`, `compare`, `plan`, `repair` and `report`: what
// another one of these commands has a flag for is no fault, and left to it.
#pragma once

#include "cli/options_sources.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

/// One [[migration]].
struct config_migration {
  std::string name;  ///< unlike all others; fit for a file's name and a path of HTTP
  std::string origin;
  raw_settings settings;
};

struct config_file {
  raw_settings settings;  ///< of the one migration; of a fleet: [defaults]
  std::vector<config_migration> migrations;
  bool is_fleet = false;
};

/// TOML. `table` is the command's. Faults: what is not known, what belongs elsewhere, names.
[[nodiscard]] config_file read_config(const flag_table& table, const std::string& path,
                                      const std::string& text, std::vector<std::string>& faults);

/// Letters, digits, ".", "_" and "-", few enough for a file's name.
[[nodiscard]] bool is_fit_for_a_name(std::string_view name);

/// With `name` for each {name}.
[[nodiscard]] std::string with_name(std::string text, const std::string& name);
[[nodiscard]] raw_settings said_of(raw_settings for_all, const std::string& name);

}  // namespace ddm::cli
