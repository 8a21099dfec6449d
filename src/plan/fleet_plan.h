// What `plan` has learned of several migrations, a row each, and the file that makes a fleet of
// them.
#pragma once

#include "plan/plan_report.h"

#include <span>
#include <string>
#include <vector>

namespace ddm::plan {

struct planned_migration {
  std::string name;
  std::string target_table;
  plan_report report;
};

/// A table of all, their sums, and what is in the way of each. `where_to_read_on`: a command that
/// tells all of one.
[[nodiscard]] std::string render_text(std::span<const planned_migration> all,
                                      std::string_view where_to_read_on);
/// A line each, as render_json of one.
[[nodiscard]] std::string render_json(std::span<const planned_migration> all);

/// A setting as the file is to have it: a text, or a list of them.
struct fleet_setting {
  std::string name;
  std::vector<std::string> values;
  bool is_list = false;
};
/// TOML for `--config`: [defaults] of `common`, and a [[migration]] for each, with what is in its
/// way as a comment. Each is named by its target table, but where `name` is another one.
[[nodiscard]] std::string fleet_file(std::span<const fleet_setting> common,
                                     std::span<const planned_migration> all);

}  // namespace ddm::plan
