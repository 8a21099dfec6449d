// The counters of changes as a part of a session: of one period, in each commit, and never apart
// from what the open findings stand for.
#pragma once

#include "dynamodb/streams_client.h"
#include "dynamodb/table_reader.h"
#include "monitor/baseline.h"
#include "monitor/finding_desk.h"
#include "monitor/session_part.h"
#include "monitor/session_state.h"
#include "report/statistics.h"
#include "runtime/clock.h"

#include <cstdint>
#include <optional>

namespace ddm::monitor {

class change_ledger final : public session_part {
 public:
  /// What is consumed, by this process.
  struct consumers {
    dynamodb::metered_table& source;
    dynamodb::metered_table& target;
    dynamodb::streams_client& streams;
  };
  /// Everything outlives it.
  change_ledger(period_settings period, consumers from, finding_desk& findings, clock& time);

  /// The counters alone: what the findings stand for is told later, by begin_or_go_on().
  void restore(const state::snapshot& resumed);
  /// Begins a period where a setting was changed. `open_checks` are in it from the beginning.
  void begin_or_go_on(const state::snapshot& resumed, std::size_t open_checks);

  [[nodiscard]] report::statistics& counters() { return counters_; }
  [[nodiscard]] const report::statistics& counters() const { return counters_; }
  [[nodiscard]] const period_settings& period() const { return period_; }
  /// The open findings may stand for other changes than before.
  void on_findings_changed();

  /// What was read since: a commit may wait for a disk while reading goes on.
  void note_consumed();
  /// After all that changes findings.
  void collect(state::commit_batch& batch) override;
  void on_interval() override;
  void tell(report::status& now) const override;

 private:
  /// Changes that the open mismatches stand for.
  [[nodiscard]] report::failed_changes failed_changes() const;
  [[nodiscard]] double rate_since_interval_began() const;

  period_settings period_;
  consumers from_;
  finding_desk& findings_;
  clock& time_;
  report::statistics counters_;

  // The last interval, for rates.
  wall_time interval_began_;
  std::int64_t interval_events_ = 0;
  std::int64_t interval_verified_ = 0;
  std::int64_t interval_failed_ = 0;         ///< whatever became of them since
  std::optional<double> events_per_second_;  ///< nothing: the first interval is not over
  std::optional<double> interval_success_;
};

}  // namespace ddm::monitor
