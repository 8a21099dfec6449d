// Whether the two tables are still those that everything known of them was learned from.
//
// Problem: a table that is deleted and created anew, or imported anew, has the name and the ARN of
// the one before it. What was checked in the old one says nothing of the new one, and no record of
// a stream tells of it.
// Idea: TableId (the creation time where the service gives none) and ARN of both tables lie in the
// state. Each description of a table is held against them; another table is a coverage gap of
// everything so far, and the stored identity is replaced in the commit that holds the gap: a kill
// in between loses nothing, and a restart tells nothing twice.
// Reason: a table that is deleted while nobody looks leaves nothing else behind to see it by.
#pragma once

#include "base/side.h"
#include "dynamodb/table_description.h"
#include "state/rows.h"

#include <optional>
#include <string>

namespace ddm::monitor {

/// What tells a table from one of the same name that was there before it.
struct table_identity {
  std::string arn;  ///< holds the account
  std::string id;   ///< TableId; empty where the service gives none
  std::optional<wall_time> created;

  [[nodiscard]] static table_identity of(const dynamodb::table_description& table);
  /// Another table, as far as both say something: what only one of them knows decides nothing.
  [[nodiscard]] bool differs_from(const table_identity& other) const;
  /// "TableId 4f…", "created 2026-01-31T…", with the ARN.
  [[nodiscard]] std::string describe() const;
  bool operator==(const table_identity&) const = default;
};

/// Nothing: the state is of an older version, or the table has not been there yet.
[[nodiscard]] std::optional<table_identity> load_table(const state::snapshot& state, side which);
void save_table(side which, const table_identity& table, state::commit_batch& batch);

/// Watches one table. Knows no clock and makes no call.
class table_watch {
 public:
  /// `now`: the table was seen, or is awaited, at the start.
  table_watch(side which, std::string name, std::optional<table_identity> stored, wall_time now);

  /// A description of the table; the reason of a gap if it is another table than before. What is
  /// known is the present one from then on.
  [[nodiscard]] std::optional<std::string> on_seen(const dynamodb::table_description& table,
                                                   wall_time now);
  void on_absent(wall_time now);
  /// The table is not there yet, and nobody expects it to be.
  void on_awaited(wall_time now);
  /// The look failed: no change is known of.
  void on_failed(std::string reason);

  /// Why nothing may be said of the tables just now; empty when all is well.
  [[nodiscard]] std::string trouble(wall_time now) const;
  [[nodiscard]] const std::optional<table_identity>& known() const { return known_; }
  /// Part of a commit: what has changed since the last one.
  void collect(state::commit_batch& batch);

 private:
  side side_;
  std::string name_;
  std::optional<table_identity> known_;
  bool dirty_ = false;
  bool absent_ = false;
  std::string unfit_;  ///< the status of a table that cannot be read: "CREATING"
  wall_time answered_;
  std::string failure_;
};

}  // namespace ddm::monitor
