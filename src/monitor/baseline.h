// The comparison of the items at rest that runs beside the stream.
//
// Problem: a stream tells of changes only, and a comparison that runs while replication is far
// behind would ask about every item. Idea: it starts by itself once replication has been caught up
// for a while, runs with what the checks of live changes leave of the read budget, and its
// candidates become checks like theirs. A gap that is noticed later calls for another one.
// Reason: stream and comparison together cover every item, and one process can say so.
#pragma once

#include "compare/table_comparer.h"
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
  /// `monitored_rate`: one key in so many is followed through the stream.
  baseline(baseline_settings settings, compare::comparer_parts parts,
           const state::snapshot& resumed, std::uint64_t monitored_rate);

  /// About each second. `calm`: the target is there, and neither reading nor replication is behind.
  void observe(bool calm, bool target_ready, const std::vector<state::gap_row>& gaps,
               wall_time now);
  void stop();
  [[nodiscard]] awaitable<void> join() { return running_.join(); }
  /// Something that waiting cannot mend ended it; the next start tries again.
  [[nodiscard]] bool failed() const { return failure_.has_value(); }

  // Part of the session's commits, as table_comparer has it.
  [[nodiscard]] awaitable<result<void>> make_durable();
  /// Marks the gaps in `gaps` that the comparison makes up for, when it ends with this commit.
  void collect(state::commit_batch& batch, std::vector<state::gap_row>& gaps);
  void on_committed();
  [[nodiscard]] awaitable<result<void>> feed(verify::pending_checks& checks, verify::outcomes& out);
  void on_outcomes(const verify::outcomes& out);

  /// It reads or judges just now.
  [[nodiscard]] bool active() const {
    return comparer_ && !comparer_->progress().finished() && !failure_;
  }
  /// When the comparison that counts ended: one that began after the stream was first read.
  [[nodiscard]] std::optional<wall_time> complete_since() const;
  /// The comparison that runs, else the one that counts, else none.
  [[nodiscard]] std::optional<compare::comparison_view> view() const;
  /// What keeps the tables from being compared; empty when all is well.
  [[nodiscard]] std::string trouble() const;

 private:
  [[nodiscard]] bool is_needed(const std::vector<state::gap_row>& gaps) const;
  [[nodiscard]] bool counts(const compare::comparison_progress& finished) const;
  void start(bool anew);
  [[nodiscard]] awaitable<void> run();

  baseline_settings settings_;
  compare::comparer_parts parts_;
  std::uint64_t monitored_rate_;
  std::int64_t stream_began_ms_;
  bool stream_began_is_new_;
  /// Finished ones: this command's, and that of `compare` on the same state.
  compare::comparison_progress last_;
  std::unique_ptr<compare::table_comparer> resumable_;
  std::unique_ptr<compare::table_comparer> comparer_;
  bool leftovers_done_ = false;
  std::optional<wall_time> calm_since_;
  std::optional<error> failure_;
  bool stopping_ = false;
  task_group running_;
};

}  // namespace ddm::monitor
