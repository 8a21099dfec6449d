// What a session is put together from: something that an earlier process left, that works
// meanwhile, and that is committed.
//
// Problem: position, counters, open checks and findings must be those of one moment, and what one
// of them needs at the start, in a commit and at the end stands next to what ten others need. Idea:
// each is a part with the same verbs, and the session asks all of them in the order in which they
// are listed: restore at the start, collect in each commit, committed once that is on the disk.
// Reason: `monitor` and `compare` are two lists of parts; what is new is one more of them.
#pragma once

#include "report/status.h"
#include "runtime/task_group.h"
#include "state/rows.h"

namespace ddm::monitor {

/// All calls are made on the control thread. What a part has nothing to do for it leaves out.
class session_part {
 public:
  session_part() = default;
  session_part(const session_part&) = delete;
  session_part& operator=(const session_part&) = delete;
  virtual ~session_part() = default;

  // The run. It ends in reverse order.

  /// Spawns what it does by itself; `tasks` are cancelled at the end.
  virtual void start(task_group& tasks);
  /// Begins nothing new from now on.
  virtual void stop() {}
  /// Returns once what it began has ended, or hangs for too long.
  [[nodiscard]] virtual awaitable<void> join();
  /// All tasks have ended: what is to be told or noted before the last commit.
  virtual void finish() {}
  /// After that commit: what others have committed by then belongs to the last word.
  [[nodiscard]] virtual awaitable<result<void>> hear_out();

  // The commit

  /// Before collect(): what the commit speaks of is on the disk when it returns.
  [[nodiscard]] virtual awaitable<result<void>> make_durable();
  /// What has changed since the last commit. Does not suspend.
  virtual void collect(state::commit_batch& /*batch*/) {}
  /// It is on the disk.
  virtual void on_committed() {}
  /// After each regular commit: what it fetches from the state.
  [[nodiscard]] virtual awaitable<result<void>> refill();

  /// All parts have fetched theirs.
  virtual void on_refilled() {}

  // What is told

  /// At each stats interval, before the status is taken that is shown.
  virtual void on_interval() {}
  /// Its figures of this moment; what follows from them is not its business (report/derive).
  virtual void tell(report::status& /*now*/) const {}
};

}  // namespace ddm::monitor
