// The comparison of the items at rest that runs beside the stream.
//
// Problem: a stream tells of changes only, and a comparison that runs while replication is far
// behind would ask about every item. Idea: it starts by itself once replication has been caught up
// for a while, runs with what the checks of live changes leave of the read budget, and its
// candidates become checks like theirs. A gap that is noticed later calls for another one, and so
// do settings by which more is looked at than by the last one (evidence.h).
// Reason: stream and comparison together cover every item, and one process can say so.
#pragma once

#include "compare/table_comparer.h"
#include "monitor/evidence.h"
#include "report/status.h"
#include "runtime/task_group.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

struct baseline_settings {
  bool wanted = false;
  /// For how long replication must have been caught up before it starts.
  milliseconds after = std::chrono::minutes{10};
  compare::comparer_settings comparer;
};

class baseline {
 public:
  /// `monitored`: what changes are checked with.
  baseline(baseline_settings settings, compare::comparer_parts parts,
           const state::snapshot& resumed, verify::coverage monitored);

  /// What a moment looks like to the comparison.
  struct surroundings {
    bool calm = false;  ///< the target is there, and neither reading nor replication is behind
    bool target_ready = false;
    bool stream_begun = false;  ///< all first iterators are held
    freeze_facts freeze;
  };
  /// About each second.
  void observe(const surroundings& around, const std::vector<state::gap_row>& gaps, wall_time now);
  void stop();
  [[nodiscard]] awaitable<void> join() { return running_.join(); }
  /// Something that waiting cannot mend ended it; the next start tries again.
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

  // Part of the session's commits, as table_comparer has it.
  [[nodiscard]] awaitable<result<void>> make_durable();
  /// Marks the gaps in `gaps` that the comparison makes up for, when it ends with this commit.
  void collect(state::commit_batch& batch, std::vector<state::gap_row>& gaps);
  void on_committed();
  [[nodiscard]] awaitable<result<void>> feed(verify::pending_checks& checks, verify::outcomes& out);
  void on_outcomes(const verify::outcomes& out);
  void on_only_counted(verify::mismatch_kind kind);

  /// It reads or judges just now.
  [[nodiscard]] bool active() const {
    return comparer_ && !comparer_->progress().finished() && !failure_;
  }
  /// When the comparison that counts ended: one that began after the stream was first read.
  [[nodiscard]] std::optional<wall_time> complete_since() const;
  /// What a verdict stands on then.
  [[nodiscard]] std::optional<report::evidence> stands_on() const;
  /// Another comparison would be made, had it not to wait for a calm moment.
  [[nodiscard]] bool awaits_another(const std::vector<state::gap_row>& gaps) const;
  /// When the newest comparison began that is not finished, by any command.
  [[nodiscard]] wall_time unfinished_since() const;
  /// Another command's comparison, as the state has it; true: it has ended, and was not known.
  bool hear_of(const compare::comparison_progress& other) { return evidence_.hear_of(other); }
  /// The comparison that runs or is about to go on, else the one that counts, else none.
  [[nodiscard]] std::optional<compare::comparison_view> view() const;
  /// When the one began that judges keys now.
  [[nodiscard]] std::int64_t began_ms() const {
    return comparer_ ? comparer_->progress().started_ms : 0;
  }
  /// What keeps the tables from being compared; empty when all is well.
  [[nodiscard]] std::string trouble() const;

 private:
  void resume();
  void begin(const std::string& why);
  void start();
  [[nodiscard]] awaitable<void> run();

  baseline_settings settings_;
  compare::comparer_parts parts_;
  verify::coverage monitored_;
  evidence_book evidence_;
  freeze_facts freeze_;
  std::unique_ptr<compare::table_comparer> resumable_;
  std::unique_ptr<compare::table_comparer> comparer_;
  bool leftovers_done_ = false;
  std::optional<wall_time> calm_since_;
  std::optional<error> failure_;
  bool stopping_ = false;
  task_group running_;
};

}  // namespace ddm::monitor
