// Reading one table for one purpose, whatever the service does meanwhile.
//
// Problem: a table that throttles or is away is asked again without end, by many reads at once. It
// must not be hammered, an outage is told once and not once a read, and while it lasts the status
// says why nothing comes.
// Idea: whoever reads a table does so through one of these. It books what reads cost, counts
// failures in a row, says when the table may be asked again, and tells where an outage begins and
// ends.
// Reason: each purpose has its own: a scan that is refused keeps no look waiting. The budget is the
// table's, and shared.
#pragma once

#include "base/side.h"
#include "dynamodb/dynamodb_client.h"
#include "runtime/rate_limiter.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::dynamodb {

/// One of the two tables and what reading it may cost. Everything referred to outlives it.
struct metered_table {
  ddm::side side;
  dynamodb_client& client;
  table_name name;
  rate_limiter& budget;
  std::optional<std::string> ttl_attribute;
  double consumed_units = 0;
  std::uint64_t pauses = 0;  ///< outages that readers have waited out, or do

  /// Waits for the budget; false: the run ends, and nothing is to be read.
  [[nodiscard]] awaitable<bool> admit(double units,
                                      rate_limiter::urgency how = rate_limiter::urgency::live) {
    return budget.acquire(units, how);
  }
  /// What a read that was admitted for so many units has really consumed.
  void settle(double admitted, double consumed);
  /// It consumed nothing.
  void give_back(double admitted) { budget.correct(admitted, 0); }
  /// The run ends: nothing waits for the budget any more, and no call is repeated.
  void drain();
};

/// What a table is read for: how an outage is told, and how soon after it the table is asked again.
struct reading_purpose {
  std::string_view paused_event;
  std::string_view resumed_event;
  std::string_view meanwhile;  ///< added to the first failure, for people
  std::string_view refused;    ///< "table cannot be read"
  milliseconds pause_first;
};

class table_reader {
 public:
  table_reader(metered_table& table, reading_purpose purpose) : table_(table), purpose_(purpose) {}

  [[nodiscard]] metered_table& table() const { return table_; }

  /// A read failed although it was retried. The first one in a row is told.
  void on_failure(const error& failure, wall_time now);
  /// A read succeeded; told if that ends an outage.
  void on_success();

  [[nodiscard]] bool failing() const { return failures_ > 0; }
  /// For those who pause together: not before this moment.
  [[nodiscard]] wall_time again_at() const { return again_at_; }
  [[nodiscard]] bool may_ask(wall_time now) const { return now >= again_at_; }
  /// For one who pauses by himself, after so many failures (from 1) of his own in a row.
  [[nodiscard]] milliseconds pause_after(int failures) const;
  /// What keeps the table from being read, while it does; empty when all is well.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  metered_table& table_;
  reading_purpose purpose_;
  int failures_ = 0;  ///< in a row
  wall_time again_at_;
  std::string trouble_;
};

}  // namespace ddm::dynamodb
