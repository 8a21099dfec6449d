// The running `compare`: scans, judgements, commits and reports as one.
//
// What monitor_session is to a stream, this is to two tables: a shorter list of parts. Candidates
// of the scans are judged by the same pending_checks and record_verifier as changes are.
#pragma once

#include "compare/changed_keys.h"
#include "compare/table_comparer.h"
#include "monitor/checking.h"
#include "monitor/coverage_gaps.h"
#include "monitor/finding_desk.h"
#include "monitor/gap_cure.h"
#include "monitor/other_commands.h"
#include "monitor/session.h"
#include "report/status.h"
#include "runtime/task_group.h"
#include "verify/findings_file.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace ddm::monitor {

struct compare_settings {
  compare::comparer_settings comparer;
  verify::check_settings checks;
  verify::verifier_options verifier;
  verify::finding_options findings;
  milliseconds stats_interval{30'000};
  bool fresh = false;  ///< begin anew, whatever is unfinished
};

/// What the session works with; everything outlives it.
struct compare_parts {
  asio::any_io_executor executor;
  clock& time;
  worker_pool& pool;
  const dynamodb::page_decoder& decoder;
  dynamodb::metered_table& source;
  dynamodb::metered_table& target;
  state::state_store& store;
  verify::findings_file* findings = nullptr;
  /// In place of a scan of the source; null: that is scanned.
  const exports::table_export* source_export = nullptr;
  compare::changes_since_export since_export;  ///< of a comparison that begins now
  run_watch watch;
  /// As comparer_parts has it.
  std::function<awaitable<result<void>>()> keep = {};
};

class compare_session final : private session_part {
 public:
  compare_session(compare_settings settings, compare_parts parts, const state::snapshot& resumed);

  /// Runs until everything is compared and judged, request_stop(), or a failure that waiting cannot
  /// mend; then everything is committed.
  [[nodiscard]] awaitable<result<void>> run();
  /// In place of run(): commits that it has begun, and leaves it at that.
  [[nodiscard]] awaitable<result<void>> only_begin() { return run_.commit_now(); }
  void request_stop() { run_.request_stop(); }
  /// Ends it; the first one counts.
  void fail_with(error failure) { run_.fail_with(std::move(failure)); }
  /// Ends without committing: to a state file it is as if the process had been killed here.
  void abandon() { run_.abandon(); }

  /// The last word, after run() and what came behind it: a run that has none has not ended.
  [[nodiscard]] awaitable<result<void>> record_end(const std::optional<error>& failure) {
    return run_.record_end(failure);
  }

  [[nodiscard]] bool resumes() const { return resumes_; }
  /// Of this moment.
  [[nodiscard]] report::status status() const { return run_.status(); }
  /// At most about a second old, and cheaper.
  [[nodiscard]] const report::status& latest_status() { return run_.latest_status(); }

 private:
  // session_part: the comparison
  void start(task_group& tasks) override;
  void stop() override;
  [[nodiscard]] awaitable<void> join() override { return comparing_.join(); }
  [[nodiscard]] awaitable<result<void>> make_durable() override { return comparer_.make_durable(); }
  void collect(state::commit_batch& batch) override;
  void on_committed() override;
  [[nodiscard]] awaitable<result<void>> refill() override;
  void on_refilled() override { run_.may_be_over().notify(); }
  void tell(report::status& now) const override;

  [[nodiscard]] awaitable<void> compare();
  [[nodiscard]] awaitable<void> until_over();
  [[nodiscard]] awaitable<result<void>> forget_received();
  [[nodiscard]] std::int64_t epoch_of(const state::snapshot& resumed) const;
  [[nodiscard]] std::vector<state::candidate_row> keys_found_earlier(
      const std::vector<verify::mismatch>& found) const;
  void begin(const std::vector<verify::mismatch>& found, const state::snapshot& resumed);
  /// Of this process and those before it.
  [[nodiscard]] double source_units() const;
  [[nodiscard]] double target_units() const;
  [[nodiscard]] awaitable<void> recall(std::vector<verify::digest128> keys);
  void note_mismatch(verify::mismatch entry);
  [[nodiscard]] verify::verifier_events verifier_events();
  void count_checks(report::status& now) const;

  compare_settings settings_;
  compare_parts parts_;
  /// A comparison that looks at as much makes up for coverage gaps.
  cure_demand demand_;
  session run_;
  coverage_gaps gaps_;
  finding_desk findings_;
  checking checking_;
  other_commands others_;
  compare::table_comparer comparer_;
  bool resumes_ = false;
  bool leftovers_done_ = false;
  task_group comparing_;
  double source_units_before_ = 0;
  double target_units_before_ = 0;
};

}  // namespace ddm::monitor
