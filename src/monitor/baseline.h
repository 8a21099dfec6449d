// The comparison of the items at rest that runs beside the stream.
//
// Problem: a stream tells of changes only, and a comparison that runs while replication is far
// behind would ask about every item. Idea: it starts by itself once replication has been caught up
// for a while, runs with what the checks of live changes leave of the read budget, and its
// candidates become checks like theirs. A gap that is noticed later calls for another one, and so
// do settings by which more is looked at than by the last one (evidence.h).
// Reason: stream and comparison together cover every item, and one process can say so.
//
// An export stands for a scan of the source while it can: what changed since is read from the
// source's stream before each comparison begins. Where the stream does not tell of all, this
// process scans from then on: --baseline is the leave to do so, and a verdict must not wait for
// somebody.
#pragma once

#include "compare/changed_keys.h"
#include "compare/table_comparer.h"
#include "monitor/coverage_gaps.h"
#include "monitor/evidence.h"
#include "monitor/finding_desk.h"
#include "monitor/session_part.h"
#include "report/status.h"
#include "runtime/task_group.h"
#include "verify/pending_checks.h"

#include <cstdint>
#include <functional>
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

/// How the stream is read that tells what changed since the export in comparer_parts.
struct export_stream {
  dynamodb::streams_client* streams = nullptr;  ///< of the source; it outlives the baseline
  std::shared_ptr<stream::listing_pace> pace;   ///< of all streams of the account; null: alone
  std::uint64_t random_seed = 0;
};

class baseline final : public session_part {
 public:
  /// The session's, whose gaps it cures and whose checks judge what it finds; they outlive it.
  struct companions {
    coverage_gaps& gaps;
    finding_desk& findings;
    verify::pending_checks& checks;
    std::function<void(const verify::outcomes&)> on_outcomes;
    export_stream since_export = {};  ///< there is one if there is an export
  };
  /// `monitored`: what changes are checked with.
  baseline(baseline_settings settings, compare::comparer_parts parts, companions with,
           const state::snapshot& resumed, verify::coverage monitored);

  /// What a moment looks like to the comparison.
  struct surroundings {
    bool calm = false;  ///< the target is there, and neither reading nor replication is behind
    bool target_ready = false;
    bool stream_begun = false;  ///< all first iterators are held
    freeze_facts freeze;
  };
  [[nodiscard]] std::uint64_t memory_held() const {
    return (comparer_ ? comparer_->held_bytes() : 0) + (reading_ ? reading_->held_bytes() : 0);
  }
  /// Of this comparison and those to come.
  void allow_memory(std::uint64_t bytes);
  /// About each second.
  void observe(const surroundings& around, wall_time now);
  /// Something that waiting cannot mend ended it; the next start tries again.
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

  void stop() override;
  [[nodiscard]] awaitable<void> join() override { return running_.join(); }
  [[nodiscard]] awaitable<result<void>> make_durable() override;
  /// Marks the gaps that the comparison makes up for, when it ends with this commit.
  void collect(state::commit_batch& batch) override;
  void on_committed() override;
  /// Keys that it found unequal become checks, but not while replication is late.
  [[nodiscard]] awaitable<result<void>> refill() override;
  void tell(report::status& now) const override;

  void on_outcomes(const verify::outcomes& out);
  void on_only_counted(verify::mismatch_kind kind);

  /// It reads or judges just now.
  [[nodiscard]] bool active() const {
    return comparer_ && !comparer_->progress().finished() && !failure_;
  }
  /// The same, or it reads what it has to know before.
  [[nodiscard]] bool is_under_way() const { return active() || reading_; }
  /// When the comparison that counts ended: one that began after the stream was first read.
  [[nodiscard]] std::optional<wall_time> complete_since() const;
  /// What a verdict stands on then.
  [[nodiscard]] std::optional<report::evidence> stands_on() const;
  /// Another comparison would be made, had it not to wait for a calm moment.
  [[nodiscard]] bool awaits_another() const;
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

 private:
  /// What keeps the tables from being compared; empty when all is well.
  [[nodiscard]] std::string trouble() const;
  [[nodiscard]] std::optional<std::string> needs_another() const {
    return evidence_.needs_another(with_.gaps.all(), freeze_);
  }
  [[nodiscard]] bool may_use_export() const {
    return parts_.source_export != nullptr && !export_given_up_;
  }
  [[nodiscard]] compare::comparer_parts scanning_parts() const;
  [[nodiscard]] std::unique_ptr<compare::table_comparer> unfinished(
      const compare::comparer_parts& parts, const state::snapshot& resumed) const;
  void resume();
  void begin(const std::string& why, const compare::comparer_parts& parts,
             compare::changes_since_export since);
  [[nodiscard]] awaitable<void> begin_with_export();
  void spawn_run();
  [[nodiscard]] awaitable<void> run();

  baseline_settings settings_;
  compare::comparer_parts parts_;
  companions with_;
  verify::coverage monitored_;
  evidence_book evidence_;
  freeze_facts freeze_;
  std::unique_ptr<compare::table_comparer> resumable_;
  std::unique_ptr<compare::table_comparer> comparer_;
  std::unique_ptr<compare::changed_keys> reading_;  ///< what changed since the export
  bool export_given_up_ = false;
  int failed_readings_ = 0;
  bool leftovers_done_ = false;
  std::optional<wall_time> calm_since_;
  std::optional<error> failure_;
  bool stopping_ = false;
  task_group running_;
};

}  // namespace ddm::monitor
