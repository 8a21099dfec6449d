// The running monitor: stream reading, checking, committing and reporting as one.
//
// Problem: position, counters, open checks and findings must be those of one moment, whatever
// happens. Idea: all of them live on the control thread; a page of records or an answer changes
// them within one step that does not suspend; a commit collects what has changed between two such
// steps. Reason: consistency needs no lock and no thought elsewhere, and a simulation can crash it
// anywhere.
#pragma once

#include "dynamodb/page_decoder.h"
#include "dynamodb/streams_client.h"
#include "dynamodb/table_reader.h"
#include "monitor/baseline.h"
#include "monitor/finding_news.h"
#include "monitor/freeze_watch.h"
#include "monitor/mismatch_log.h"
#include "monitor/progress_estimate.h"
#include "monitor/session_state.h"
#include "monitor/settling.h"
#include "monitor/table_watch.h"
#include "monitor/unlisted_findings.h"
#include "report/statistics.h"
#include "report/status.h"
#include "report/verdict.h"
#include "runtime/clock.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"
#include "state/state_store.h"
#include "stream/stream_follower.h"
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

struct session_settings {
  stream::stream_consumer::options stream;
  verify::check_settings checks;
  verify::verifier_options verifier;
  verify::finding_options findings;
  period_settings period;
  milliseconds stats_interval{30'000};
  std::optional<milliseconds> duration;
  bool until_caught_up = false;
  baseline_settings baseline;
  milliseconds settle{5 * 60'000};
  bool accept_sampled = false;
  bool require_go = false;
  std::optional<wall_time> freeze_at;
  bool log_successes = false;
  std::uint64_t table_items = 0;
  bool target_ready = true;
  /// As described at the start; nothing: the first look tells.
  std::optional<dynamodb::table_description> source_table;
  std::optional<dynamodb::table_description> target_table;
};

/// What the session works with; everything outlives it.
struct session_parts {
  asio::any_io_executor executor;
  clock& time;
  worker_pool& pool;
  dynamodb::streams_client& streams;
  const dynamodb::page_decoder& decoder;
  const dynamodb::page_decoder* baseline_decoder = nullptr;  ///< with the sample of the baseline
  dynamodb::metered_table& source;
  dynamodb::metered_table& target;
  state::state_store& store;
  verify::findings_file* findings = nullptr;  ///< nothing is written without one
  /// Called at each stats interval.
  std::function<void(const report::status&)> on_block;
  /// Asked each 10 s while the target is not ready: true once it can be read; an error is final.
  std::function<awaitable<result<bool>>()> target_is_ready;
};

class monitor_session final : public stream::record_sink {
 public:
  monitor_session(session_settings settings, session_parts parts, const state::snapshot& resumed);

  /// Runs until request_stop(), the end that was asked for, or a failure that waiting cannot mend;
  /// then drains: reading stops, the batches in flight are finished, everything is committed.
  [[nodiscard]] awaitable<result<void>> run();
  /// The first signal. Safe to call more than once, on the control thread.
  void request_stop();
  /// Ends without committing: to a state file it is as if the process had been killed here.
  void abandon();

  [[nodiscard]] report::status status() const;

  // record_sink
  void on_batch(stream::record_batch batch) override;
  void on_gap(stream::coverage_gap gap) override;
  [[nodiscard]] awaitable<void> admit_read() override;
  [[nodiscard]] awaitable<result<void>> commit_now() override;

 private:
  void restore(const state::snapshot& resumed);
  void note_gap(state::gap_row row);
  void note_tables_at_start();
  void note_table(table_watch& watch, const dynamodb::table_description& table);
  [[nodiscard]] awaitable<void> watch_tables();
  [[nodiscard]] awaitable<void> look_at(dynamodb::metered_table& table, table_watch& watch);
  [[nodiscard]] std::vector<std::string> tables_troubles(wall_time now) const;
  [[nodiscard]] stream::stream_follower::parts stream_parts();
  [[nodiscard]] awaitable<void> consume();
  [[nodiscard]] awaitable<void> commit_regularly();
  [[nodiscard]] awaitable<result<void>> commit_at_the_end();
  [[nodiscard]] awaitable<void> show_blocks();
  [[nodiscard]] awaitable<void> await_target();
  [[nodiscard]] awaitable<void> watch_for_end();
  [[nodiscard]] awaitable<result<void>> bring_back_deferred();
  [[nodiscard]] awaitable<result<void>> count_deferred();
  [[nodiscard]] awaitable<result<void>> recall_some();
  [[nodiscard]] awaitable<result<void>> ask_about_candidates();
  [[nodiscard]] awaitable<result<void>> hear_of_other_commands();
  void hear_of_comparison(const state::news& news);
  void hear_of_unlisted(const state::news& news);
  void observe_health(wall_time now);
  [[nodiscard]] bool stream_is_current() const;
  [[nodiscard]] compare::comparer_parts comparer_parts() const;
  void stop_reading();
  [[nodiscard]] bool reading_is_done(wall_time now);
  [[nodiscard]] bool what_was_asked_for_is_read() const;
  [[nodiscard]] bool baseline_is_done() const;
  [[nodiscard]] bool everything_is_judged() const;
  [[nodiscard]] state::commit_batch collect();
  void collect_what_has_no_room(state::commit_batch& batch);
  void apply(const verify::outcomes& out);
  void note_mismatch(verify::mismatch entry);
  void note_write(const dynamodb::change_record& record, std::optional<wall_time> nothing_before);
  [[nodiscard]] std::string name_of(const dynamodb::change_record& record) const;
  void restore_checks(const state::snapshot& resumed, bool comparable, wall_time now);
  void restore_period(const state::snapshot& resumed);
  [[nodiscard]] bool is_frozen_and_read() const;
  [[nodiscard]] bool cannot_become_go() const;
  [[nodiscard]] bool has_ttl() const;
  [[nodiscard]] freeze_facts freeze() const;
  /// Now, by the service's clock or ours, whichever is later.
  [[nodiscard]] wall_time service_now() const;
  /// By how much our clock is behind the service's; negative: ahead.
  [[nodiscard]] milliseconds clock_slow_by() const;
  /// Changes that the open mismatches stand for.
  [[nodiscard]] report::failed_changes failed_changes() const;
  /// By how much it has fallen behind since the last note_pause().
  [[nodiscard]] milliseconds pause_not_noted() const;
  void note_pause();
  [[nodiscard]] std::vector<std::string> troubles(const report::status& now) const;
  [[nodiscard]] std::optional<milliseconds> drain_estimate(const report::status& now) const;
  void fail_with(error failure);
  [[nodiscard]] awaitable<void> recall(std::vector<verify::digest128> keys);
  [[nodiscard]] verify::verifier_events events();
  [[nodiscard]] std::string shown_key(const dynamodb::item_key& key) const;

  session_settings settings_;
  session_parts parts_;
  report::statistics statistics_;
  verify::finding_book findings_;
  finding_news finding_news_;
  unlisted_book unlisted_;
  mismatch_log log_;
  verify::pending_checks checks_;
  stream::stream_follower follower_;
  verify::record_verifier verifier_;
  baseline baseline_;
  progress_estimate progress_;
  settling settling_;
  wall_time health_observed_;

  task_group reading_;     ///< the stream consumer
  task_group background_;  ///< everything else
  wall_time started_at_;
  table_watch source_watch_;
  table_watch target_watch_;
  std::vector<state::gap_row> gaps_;
  std::vector<state::gap_row> new_gaps_;
  std::vector<state::deferred_row> new_deferred_;
  std::vector<std::string> deferred_taken_;
  std::optional<state::mismatch_row> walked_to_;  ///< open ones of the state, newest first
  std::optional<wall_time> left_at_;              ///< changes without room, since the last commit
  wall_time deferred_counted_next_;
  wall_time news_due_;
  std::optional<error> failure_;
  bool target_ready_;
  bool stop_requested_ = false;
  signal stop_wanted_;
  signal commit_ended_;
  bool abandoned_ = false;
  bool reading_stopped_ = false;
  bool read_as_asked_ = false;  ///< up to the end that was asked for
  std::optional<stream::stream_status>
      stream_at_stop_;                             ///< reading stands still since: nothing ages
  std::optional<wall_time> tables_watched_until_;  ///< neither does what is known of the tables
  bool times_are_coarse_ = true;  ///< no creation time off the minute has been seen
  std::optional<wall_time> commit_since_;
  std::uint64_t commits_begun_ = 0;
  bool warned_of_slow_disk_ = false;
  wall_time resolve_due_;

  freeze_watch freeze_watch_;
  std::optional<wall_time> asked_for_is_read_since_;
  std::optional<wall_time> hopeless_since_;  ///< with --until-caught-up: no GO can come
  /// The newest check when all that came before the freeze had been read.
  std::optional<verify::check_id> open_at_freeze_;
  bool ended_ = false;

  // The last interval, for rates.
  wall_time interval_began_;
  milliseconds clock_slow_by_{0};  ///< when it was looked at last
  std::int64_t interval_events_ = 0;
  std::int64_t interval_verified_ = 0;
  std::int64_t interval_failed_ = 0;  ///< whatever became of them since
  double events_per_second_ = 0;
  std::optional<double> interval_success_;
};

}  // namespace ddm::monitor
