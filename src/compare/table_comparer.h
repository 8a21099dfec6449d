// Two whole tables, compared by pairs of segments.
//
// Problem: tables of any size, changing all the while, on stores that may order differently, with a
// process that may be killed. Idea: segment i of both tables is scanned at the same time and joined
// as the pages come; the side that is ahead waits, so little is held. What a finished pair leaves
// over is written beside the state and joined with all other leftovers at the end. Whatever is then
// not equal is only a candidate: it goes to verify::pending_checks, which reads both tables
// strongly. Reason: scans of live tables prove equality, never a difference.
//
// A pair is committed with everything it has found, so a restart reads only unfinished pairs. The
// owner of the state calls make_durable() and collect() for each commit, and feed() for candidates.
#pragma once

#include "base/side.h"
#include "compare/again_keys.h"
#include "compare/comparer_settings.h"
#include "compare/comparison_progress.h"
#include "compare/digest_join.h"
#include "compare/exchange.h"
#include "compare/export_scanner.h"
#include "compare/export_standing.h"
#include "compare/last_join.h"
#include "compare/leftover_file.h"
#include "compare/pair_log.h"
#include "compare/segment_scanner.h"
#include "compare/worker_step.h"
#include "dynamodb/table_reader.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "state/state_store.h"
#include "verify/mismatch.h"
#include "verify/pending_checks.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ddm::compare {

/// What the comparer works with; everything outlives it.
struct comparer_parts {
  asio::any_io_executor executor;
  clock& time;
  worker_pool& pool;
  const dynamodb::page_decoder& decoder;  ///< with the comparison's sample
  dynamodb::metered_table& source;
  dynamodb::metered_table& target;
  state::state_store& store;
  /// What the source's items come from in place of a scan of its table; null: that is scanned.
  const exports::table_export* source_export = nullptr;
  /// A commit is wanted now; empty: it comes when it comes.
  std::function<void()> commit_soon = {};
  /// Returns once what is committed is where another host finds it; empty: it is at once.
  std::function<awaitable<result<void>>()> keep = {};
};

class table_comparer {
 public:
  table_comparer(comparer_settings settings, comparer_parts parts, const state::snapshot& resumed);

  /// What has begun and not finished, with the same settings, goes on; not without its leftovers.
  [[nodiscard]] bool resumes() const { return resumes_; }
  /// The same, asked before there is one.
  [[nodiscard]] static bool would_resume(const comparer_settings& settings,
                                         const std::string& export_arn,
                                         const state::snapshot& resumed);
  /// A new comparison: with the next commit everything of the earlier one is forgotten. `again` are
  /// keys that are to be judged whatever the scans say, so these leave them out; `epoch`: see
  /// comparison_progress. `of_export` is looked at where there is one.
  void begin(std::vector<state::candidate_row> again, std::int64_t epoch,
             export_standing of_export = {});

  /// Scans and joins; returns when all candidates are known, or after stop(). Call begin() first
  /// unless it resumes().
  [[nodiscard]] awaitable<result<void>> run();
  /// Ends run() soon; what is not committed by then is done again next time.
  void stop();

  /// Before each collect(): the leftovers of finished pairs are on the disk when it returns.
  [[nodiscard]] awaitable<result<void>> make_durable();
  /// What has changed, for a commit. The one that finds everything judged ends the comparison.
  void collect(state::commit_batch& batch);
  /// What was collected last is in the state.
  void on_committed();
  /// Hands over candidates while `checks` has room for them.
  [[nodiscard]] awaitable<result<void>> feed(verify::pending_checks& checks, verify::outcomes& out);
  void on_outcomes(const verify::outcomes& out);
  /// A candidate is confirmed, and only counted.
  void on_only_counted(verify::mismatch_kind kind);
  /// Once the end of the comparison has been committed.
  void forget_leftovers();

  [[nodiscard]] std::size_t held_bytes() const;
  /// In place of that of the settings.
  void allow_memory(std::uint64_t bytes) { settings_.memory_bytes_max = bytes; }

  [[nodiscard]] const comparison_progress& progress() const { return progress_; }
  /// There is nothing more for it to do: it has finished, or its step has.
  [[nodiscard]] bool is_over() const { return compare::is_over(settings_.step, progress_); }
  [[nodiscard]] comparison_view view() const;
  /// What keeps a table from being scanned, while it does.
  [[nodiscard]] std::string trouble() const;

 private:
  struct pair;
  [[nodiscard]] awaitable<void> scan_pairs();
  [[nodiscard]] awaitable<void> scan_side(pair& work, side from);
  void add_page(pair& work, side from, const scanned_page& page);
  [[nodiscard]] bool may_begin_pair() const;
  [[nodiscard]] bool is_watched_for_order() const {
    return progress_.share().is_one_of_several() && settings_.step == worker_step::all;
  }
  void want_commit() const {
    if (parts_.commit_soon) {
      parts_.commit_soon();
    }
  }
  void finish(pair& work);
  [[nodiscard]] awaitable<void> settle();
  void leave_over(pair& work);
  void buffer(const leftover& entry, std::uint32_t segment);
  [[nodiscard]] awaitable<void> bound_memory(pair& work);
  [[nodiscard]] awaitable<result<void>> settle_leftovers();
  [[nodiscard]] awaitable<result<void>> join_leftovers(std::vector<const leftover_file*> logs,
                                                       last_join::filter counts);
  [[nodiscard]] awaitable<result<void>> join_parts(last_join& joining);
  [[nodiscard]] awaitable<result<void>> deal_out_to_workers();
  [[nodiscard]] awaitable<result<void>> join_received();
  [[nodiscard]] last_join::filter of_finished_pairs() const;
  [[nodiscard]] exchange exchanging() const { return {settings_.exchange_folder, progress_}; }
  [[nodiscard]] awaitable<void> await_collection();
  [[nodiscard]] std::string again_name() const;
  [[nodiscard]] state::candidate_row candidate_of(leftover entry) const;
  [[nodiscard]] scan_parts scan_parts_of(side from);
  [[nodiscard]] std::unique_ptr<page_source> pages_of(const pair& work, side from);
  [[nodiscard]] std::string export_arn() const {
    return parts_.source_export == nullptr ? std::string()
                                           : parts_.source_export->summary.export_arn;
  }
  void fail_with(error failure);

  comparer_settings settings_;
  comparer_parts parts_;
  comparison_progress progress_;
  std::vector<std::uint32_t> finished_in_;  ///< by segment: the attempt; 0: not finished
  bool resumes_ = false;
  bool begun_now_ = false;
  bool stopping_ = false;
  last_join* joining_ = nullptr;  ///< while leftovers are joined
  std::atomic<bool> dealing_stops_ = false;
  signal moved_on_;  ///< leftovers were written, or all was collected, or it stops
  bool changed_ = false;
  std::optional<error> failure_;
  per_side<dynamodb::table_reader> readers_;
  per_side<page_costs> costs_;

  task_group scanning_;
  std::uint32_t next_segment_ = 0;
  again_keys again_;  ///< candidates from the beginning
  std::set<pair*> in_flight_;
  pair_log log_;
  std::uint64_t pairs_finished_ = 0;  ///< by this process
  std::uint64_t pairs_collected_ = 0;
  std::uint64_t pairs_committed_ = 0;
  order_watch order_;                        ///< of a worker
  std::vector<state::candidate_row> found_;  ///< for the next commit
  std::vector<std::int64_t> closed_;
  std::int64_t to_fetch_ = 0;  ///< candidates in the state that were not handed over yet
  std::int64_t fetched_id_ = 0;

  scan_counters interrupted_;  ///< by pairs that a stop cut short: another process reads them anew
  std::int64_t seen_in_process_ = 0;
  std::optional<wall_time> reading_since_;
  milliseconds reading_{0};
};

}  // namespace ddm::compare
