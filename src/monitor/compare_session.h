// The running `compare`: scans, judgements, commits and reports as one.
//
// What monitor_session is to a stream, this is to two tables: everything lives on the control
// thread, and a commit gathers what has changed between two steps that do not suspend. Candidates
// of the scans are judged by the same pending_checks and record_verifier as changes are.
#pragma once

#include "compare/table_comparer.h"
#include "dynamodb/table_reader.h"
#include "monitor/finding_news.h"
#include "monitor/mismatch_log.h"
#include "monitor/unlisted_findings.h"
#include "report/status.h"
#include "report/verdict.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "verify/finding_book.h"
#include "verify/findings_file.h"
#include "verify/pending_checks.h"
#include "verify/record_verifier.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
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
  std::function<void(const report::status&)> on_block;
};

class compare_session {
 public:
  compare_session(compare_settings settings, compare_parts parts, const state::snapshot& resumed);

  /// Runs until everything is compared and judged, request_stop(), or a failure that waiting cannot
  /// mend; then everything is committed.
  [[nodiscard]] awaitable<result<void>> run();
  void request_stop();
  /// Ends without committing: to a state file it is as if the process had been killed here.
  void abandon();

  [[nodiscard]] bool resumes() const { return resumes_; }
  [[nodiscard]] report::status status() const;

 private:
  [[nodiscard]] awaitable<void> compare();
  [[nodiscard]] awaitable<void> commit_regularly();
  [[nodiscard]] awaitable<void> show_blocks();
  [[nodiscard]] awaitable<result<void>> commit_and_hear();
  [[nodiscard]] awaitable<result<void>> commit_now();
  [[nodiscard]] std::vector<state::candidate_row> keys_found_earlier() const;
  /// Of this process and those before it.
  [[nodiscard]] double source_units() const;
  [[nodiscard]] double target_units() const;
  [[nodiscard]] awaitable<result<void>> hear_of_monitor();
  void note_mismatch(verify::mismatch entry);
  void fail_with(error failure);
  [[nodiscard]] verify::verifier_events events();
  void count_checks(report::status& now) const;

  compare_settings settings_;
  compare_parts parts_;
  /// By a monitor on the same state: a comparison of as much makes up for its coverage gaps.
  verify::coverage monitored_;
  verify::finding_book findings_;
  finding_news finding_news_;
  unlisted_book unlisted_;
  mismatch_log log_;
  verify::pending_checks checks_;
  verify::record_verifier verifier_;
  compare::table_comparer comparer_;
  std::vector<verify::mismatch> found_earlier_;
  std::vector<state::gap_row> gaps_;
  bool resumes_ = false;

  task_group comparing_;
  task_group background_;
  wall_time started_at_;
  std::uint64_t commits_begun_ = 0;
  double source_units_before_ = 0;
  double target_units_before_ = 0;
  wall_time news_due_;
  std::optional<error> failure_;
  bool stop_requested_ = false;
  signal may_be_over_;  ///< a stop is wanted, or something was committed
  bool ended_ = false;
  bool abandoned_ = false;
};

}  // namespace ddm::monitor
