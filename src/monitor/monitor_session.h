// The running monitor: a stream is read, its changes are checked, and the items at rest compared.
//
// It is a list of parts (session_part) and what passes between them: a record becomes a check, an
// outcome counts, a gap spoils what is unproven. What each of them does stands in its own file.
#pragma once

#include "dynamodb/page_decoder.h"
#include "dynamodb/streams_client.h"
#include "monitor/baseline.h"
#include "monitor/change_ledger.h"
#include "monitor/checking.h"
#include "monitor/coverage_gaps.h"
#include "monitor/deferred_feed.h"
#include "monitor/finding_desk.h"
#include "monitor/freeze_watch.h"
#include "monitor/other_commands.h"
#include "monitor/progress_estimate.h"
#include "monitor/run_end.h"
#include "monitor/session.h"
#include "monitor/session_state.h"
#include "monitor/settings_watch.h"
#include "monitor/stream_reading.h"
#include "monitor/watched_tables.h"
#include "report/status.h"
#include "runtime/clock.h"
#include "runtime/memory_shares.h"
#include "runtime/worker_pool.h"
#include "state/state_store.h"
#include "verify/findings_file.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

/// Of so much memory what a comparison beside the stream may have; the rest is for checks.
[[nodiscard]] constexpr std::uint64_t memory_of_comparison(std::uint64_t bytes) {
  return bytes / 4;
}

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
  double read_unit_usd = report::usd_per_read_unit;
  double max_usd = 0;  ///< 0: no bound
  bool log_successes = false;
  std::vector<std::string> accepted_settings;  ///< of the tables, that may differ
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
  /// Stands for a scan of the source while it can; null: that is scanned.
  const exports::table_export* baseline_export = nullptr;
  export_stream since_export = {};  ///< there is one if there is an export
  dynamodb::metered_table& source;
  dynamodb::metered_table& target;
  state::state_store& store;
  verify::findings_file* findings = nullptr;  ///< nothing is written without one
  run_watch watch;
  /// Asked each 10 s while the target is not ready: true once it can be read; an error is final.
  std::function<awaitable<result<bool>>()> target_is_ready;
  /// Asked each hour; empty: nobody looks at the tables' settings.
  std::function<awaitable<result<dynamodb::described_table>>(side)> describe_with_settings;
};

class monitor_session final : public stream::record_sink, public memory_user, private session_part {
 public:
  monitor_session(session_settings settings, session_parts parts, const state::snapshot& resumed);

  /// Runs until request_stop(), the end that was asked for, or a failure that waiting cannot mend;
  /// then drains: reading stops, the batches in flight are finished, everything is committed.
  [[nodiscard]] awaitable<result<void>> run();
  /// The first signal. Safe to call more than once, on the control thread.
  void request_stop() { run_.request_stop(); }
  /// Ends it with this error, as one that waiting cannot mend.
  void fail_with(error failure) { run_.fail_with(std::move(failure)); }
  /// Ends without committing: to a state file it is as if the process had been killed here.
  void abandon() { run_.abandon(); }

  /// Of this moment.
  [[nodiscard]] report::status status() const { return run_.status(); }
  /// At most about a second old, and cheaper.
  [[nodiscard]] const report::status& latest_status() { return run_.latest_status(); }

  // memory_user
  [[nodiscard]] std::uint64_t memory_held() const override {
    return checks_.bytes() + baseline_.memory_held();
  }
  void allow_memory(std::uint64_t bytes) override;

  // record_sink
  void on_batch(stream::record_batch batch) override;
  void on_gap(stream::coverage_gap gap) override;
  [[nodiscard]] awaitable<void> admit_read() override { return run_.await_slow_commit(); }
  [[nodiscard]] awaitable<result<void>> commit_now() override { return run_.commit_now(); }

 private:
  // session_part, of what belongs to no other one
  void collect(state::commit_batch& batch) override;
  void tell(report::status& now) const override;

  void restore(const state::snapshot& resumed);
  void restore_checks(const state::snapshot& resumed, bool comparable, wall_time now);
  void restore_unchecked(const state::snapshot& resumed, const period_settings& earlier);
  [[nodiscard]] awaitable<void> until_over();
  void follow_clocks(wall_time now);
  void follow_cost();
  void note_gap(state::gap_row row);
  void note_write(const dynamodb::change_record& record, std::optional<wall_time> nothing_before);
  [[nodiscard]] std::string name_of(const dynamodb::change_record& record) const;
  void apply(const verify::outcomes& out);
  void note_mismatch(verify::mismatch entry);
  [[nodiscard]] awaitable<void> recall(std::vector<verify::digest128> keys);

  [[nodiscard]] session_surroundings surroundings() const;
  [[nodiscard]] stream::stream_follower::parts stream_parts();
  [[nodiscard]] compare::comparer_parts comparer_parts() const;
  [[nodiscard]] verify::verifier_events verifier_events();
  [[nodiscard]] deferred_feed::questions deferred_questions();
  [[nodiscard]] watched_tables::listeners table_listeners();
  [[nodiscard]] other_commands::listeners command_listeners();
  [[nodiscard]] run_end::wishes wishes() const;

  session_settings settings_;
  session_parts parts_;
  session run_;
  coverage_gaps gaps_;
  finding_desk findings_;
  checking checking_;
  verify::pending_checks& checks_;
  change_ledger ledger_;
  baseline baseline_;
  deferred_feed deferred_;
  finding_recall recall_;
  stream_reading reading_;
  watched_tables tables_;
  settings_watch table_settings_;
  freeze_watch freeze_;
  other_commands others_;
  run_end end_;
  progress_estimate progress_;
  bool may_not_cost_more_ = false;
  bool times_are_coarse_ = true;  ///< no creation time off the minute has been seen
};

}  // namespace ddm::monitor
