// When a monitor ends by itself, and what it has earned until then.
//
// Problem: a run may be asked to end once it has caught up, at a freeze, after a comparison, or
// where GO cannot come any more; and GO itself is earned by time in which all was well.
// Idea: about each second the moment is held against what was asked for. What is only unknown just
// then takes nothing away, and holds up an end for a while only.
#pragma once

#include "monitor/baseline.h"
#include "monitor/change_ledger.h"
#include "monitor/checking.h"
#include "monitor/coverage_gaps.h"
#include "monitor/finding_desk.h"
#include "monitor/freeze_watch.h"
#include "monitor/session.h"
#include "monitor/settling.h"
#include "monitor/stream_reading.h"
#include "monitor/watched_tables.h"

#include <functional>
#include <optional>

namespace ddm::monitor {

class run_end final : public session_part {
 public:
  struct wishes {
    std::optional<milliseconds> duration;
    bool until_caught_up = false;
    bool baseline_wanted = false;
    milliseconds settle{0};
    bool accept_sampled = false;
    bool require_go = false;
    std::optional<wall_time> freeze_at;
    milliseconds max_lag{0};
    side stream_of = side::source;
  };
  /// Of the session; they outlive it.
  struct parts {
    session& run;
    clock& time;
    verify::pending_checks& checks;
    stream_reading& reading;
    baseline& compared;
    coverage_gaps& gaps;
    finding_desk& findings;
    change_ledger& ledger;
    freeze_watch& freeze;
    watched_tables& tables;
  };
  run_end(const wishes& asked, parts of, const state::snapshot& resumed);

  /// Whether a comparison may start, and for how long all has been well; about each second.
  void observe(wall_time now);
  [[nodiscard]] bool duration_is_over(wall_time now) const;
  /// True, once: all that came before the freeze has been read.
  [[nodiscard]] bool reaches_freeze();
  /// All that was asked for has been read.
  [[nodiscard]] bool reading_is_done(wall_time now);
  /// Once nothing is read any more: what has not rested for several max-lags since is left open.
  [[nodiscard]] bool everything_is_judged() const;

  void collect(state::commit_batch& batch) override;
  void tell(report::status& now) const override;

 private:
  [[nodiscard]] bool what_was_asked_for_is_read() const;
  [[nodiscard]] bool is_frozen_and_read() const;
  [[nodiscard]] bool baseline_is_done() const;
  [[nodiscard]] bool cannot_become_go() const;
  [[nodiscard]] freeze_facts freeze() const;

  wishes asked_;
  parts of_;
  wall_time started_at_;
  settling settling_;
  wall_time observed_;
  std::optional<wall_time> asked_for_is_read_since_;
  std::optional<wall_time> hopeless_since_;  ///< with --until-caught-up: no GO can come
  /// The newest check when all that came before the freeze had been read.
  std::optional<verify::check_id> open_at_freeze_;
};

}  // namespace ddm::monitor
