// Whether the two tables of a comparison are still those that the state knows.
//
// For a command whose session does not watch them: asked before it, and once more after it.
#pragma once

#include "cli/open_migration.h"
#include "monitor/table_watch.h"
#include "state/rows.h"

#include <string>
#include <vector>

namespace ddm::cli {

class compared_tables {
 public:
  /// `migration` outlives it.
  explicit compared_tables(open_migration& migration);

  /// Holds the tables as described against those that the state knows: another one is a coverage
  /// gap, which is committed and appended to `gaps`.
  [[nodiscard]] awaitable<result<void>> settle(std::vector<state::gap_row>& gaps);
  /// The same after a new look at both; a signal ends it with an error of class `cancelled`.
  [[nodiscard]] awaitable<result<void>> settle_at_end(std::vector<state::gap_row>& gaps);

 private:
  [[nodiscard]] awaitable<result<dynamodb::table_description>> look_at_end(reached_table& table);

  open_migration& migration_;
  monitor::table_watch source_;
  monitor::table_watch target_;
};

/// Each worker looks at the tables that were prepared; so must who merges. Errors (wrong_usage):
/// one was made anew since. The target has been described.
[[nodiscard]] result<void> check_tables_as_prepared(const open_migration& migration,
                                                    const state::snapshot& prepared);

}  // namespace ddm::cli
