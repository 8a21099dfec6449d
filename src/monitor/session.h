// One run over one state: parts that work, are committed together, and end in order.
//
// Problem: whatever happens, what is committed must be of one moment; and the end of a run is a
// sequence in which nothing may be left out: no new work, what is in flight, a last commit, what
// others have found until then, the last word.
// Idea: all parts live on the control thread, and a commit collects from all of them within one
// step that does not suspend. Reason: consistency needs no lock and no thought elsewhere, and a
// simulation can crash it anywhere.
#pragma once

#include "base/error.h"
#include "monitor/session_part.h"
#include "runtime/clock.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "state/state_store.h"
#include "verify/findings_file.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

struct session_rhythm {
  milliseconds commit_interval{1000};
  bool commits_at_once = false;  ///< else after the first interval
  milliseconds stats_interval{30'000};
};

/// Who looks on from outside. What is empty is not called.
struct run_watch {
  /// Adds what the session does not know: whom the status is about, with which credentials.
  std::function<void(report::status&)> tell;
  /// Called each second.
  std::function<void(const report::status&)> on_second;
  /// Called at each stats interval.
  std::function<void(const report::status&)> on_block;
  /// Adds what it keeps to a commit.
  std::function<void(state::commit_batch&)> collect;
};

/// Everything outlives the session.
struct session_surroundings {
  asio::any_io_executor executor;
  clock& time;
  state::state_store& store;
  verify::findings_file* findings = nullptr;  ///< nothing is written without one
  run_watch watch;
  /// Whose status the state keeps: each 30 s, at each change of the verdict's kind and at the end.
  std::string command;
  /// Whoever runs the session has the last word: record_end().
  bool end_follows = false;
};

class session {
 public:
  session(session_rhythm rhythm, session_surroundings around);

  /// In the order in which they are asked; before run(). They outlive it.
  void consist_of(std::vector<session_part*> parts) { parts_ = std::move(parts); }

  /// Runs until `until_over` returns; then everything is committed. An error is one that waiting
  /// cannot mend.
  [[nodiscard]] awaitable<result<void>> run(std::function<awaitable<void>()> until_over);
  /// The first signal. Safe to call more than once.
  void request_stop();
  [[nodiscard]] bool stop_requested() const { return stop_requested_; }
  /// Notified by request_stop(), and by who has brought the end nearer.
  [[nodiscard]] signal& may_be_over() { return may_be_over_; }
  /// Ends without committing: to a state file it is as if the process had been killed here.
  void abandon();
  /// The first one counts.
  void fail_with(error failure);
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

  /// The next regular commit comes at once.
  void commit_soon() { commit_wanted_.notify(); }
  /// Of class `cancelled` once it is abandoned: as a success it would let what waits for it go on.
  [[nodiscard]] awaitable<result<void>> commit_now();
  /// After run(), with `end_follows`: records the end. `failure`: of what came after the run.
  [[nodiscard]] awaitable<result<void>> record_end(const std::optional<error>& failure);
  /// Tells whoever reads the state that a row may have changed meanwhile.
  [[nodiscard]] const std::uint64_t& commits_begun() const { return commits_begun_; }
  /// Returns at once unless a commit takes so long that the disk sets the pace.
  [[nodiscard]] awaitable<void> await_slow_commit();

  /// Of this moment; what its parts tell, and with what follows from that.
  [[nodiscard]] report::status figures() const;
  [[nodiscard]] report::status status() const;
  /// The same, kept as the latest one.
  const report::status& take_status();
  /// At most about a second old: for who shows it often. It costs a walk over all open checks.
  [[nodiscard]] const report::status& latest_status();

 private:
  [[nodiscard]] awaitable<void> commit_regularly();
  [[nodiscard]] awaitable<result<void>> commit_and_refill();
  [[nodiscard]] awaitable<result<void>> commit_at_the_end();
  /// Why what is seen cannot be saved just now; empty: it can.
  [[nodiscard]] std::string unsaved_because() const;
  void note_room();
  void record_status(state::commit_batch& batch);
  [[nodiscard]] awaitable<void> show_seconds();
  [[nodiscard]] awaitable<void> show_blocks();

  session_rhythm rhythm_;
  session_surroundings around_;
  std::vector<session_part*> parts_;
  task_group background_;
  wall_time started_at_;
  std::optional<wall_time> committed_at_;
  std::uint64_t commits_begun_ = 0;
  std::optional<wall_time> commit_since_;
  signal commit_ended_;
  signal commit_wanted_;
  bool warned_of_slow_disk_ = false;
  bool noted_no_room_ = false;
  std::optional<error> failure_;
  signal may_be_over_;
  bool stop_requested_ = false;
  bool abandoned_ = false;
  bool ended_ = false;
  std::optional<report::status> latest_;
  wall_time verdict_since_;
  std::optional<wall_time> recorded_at_;
  report::verdict_kind recorded_verdict_ = report::verdict_kind::wait;
};

}  // namespace ddm::monitor
