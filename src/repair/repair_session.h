// Makes the target equal to the source where a mismatch is open, and undoes that.
//
// What is undone is wrong again, and must be known to be before it is: the caller is told first,
// and a kill at any instruction leaves no wrong item without its finding.
//
// Problem: a repair works on live tables, beside a replicator and perhaps an application.
// Idea: each item is read strongly just before, the target first and the source after it, and
// written only while the target is still what was read, and what was read only if it is what the
// finding saw. Reason for the order: a change that the replicator delivers between the two reads
// makes the condition fail; one that it delivers later is newer than what we write and takes its
// place. The other way round an old value could win.
//
// What a condition promises: in the moment of the write the target holds, attribute by attribute,
// the values that were read. What it does not: that nobody wrote meanwhile. A value that was
// changed and changed back, or an item that was made and deleted again, meets the condition; so
// does an attribute that neither read showed. Ignored attributes are in no condition.
//
// Items are handled `lanes` at a time, so memory is bounded by twice as many items. An error of the
// service that is not about the item ends the run; what was done stands in the journal.
#pragma once

#include "dynamodb/table_reader.h"
#include "repair/repair_journal.h"
#include "repair/repair_step.h"
#include "repair/taken_back.h"
#include "runtime/clock.h"
#include "runtime/rate_limiter.h"
#include "runtime/task_group.h"
#include "verify/mismatch.h"

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace ddm::repair {

struct repair_settings {
  rules by;
  bool apply = false;
  std::size_t lanes = 16;
  /// How long a written item may be unequal (a replicator is under way) before that is the result.
  milliseconds settle_max{60'000};
  std::string target_identity;
};

struct repair_parts {
  asio::any_io_executor executor;
  clock& time;
  dynamodb::metered_table& source;
  dynamodb::metered_table& target;
  rate_limiter& write_budget;
  repair_journal* journal = nullptr;  ///< needed to apply, and to undo
  /// Asked before each write to the target is sent, once the journal and the state have what must
  /// be known by then. An error: nothing is written any more. Empty: the disk is enough.
  std::function<awaitable<result<void>>()> may_write;
};

struct open_finding {
  dynamodb::item_key key;
  seen_in_target seen;
};

[[nodiscard]] std::vector<open_finding> to_repair(const std::vector<verify::mismatch>& open);

/// How one item ended, or what would be done with it.
struct step_report {
  std::string key_json;
  step planned;
  outcome ended = outcome::open;  ///< open: nothing was tried
  std::string message;
  /// Ends the run, once the step was told: it was made all the same.
  std::optional<error> failure;
};

struct repair_summary {
  std::int64_t equal = 0;  ///< nothing to do
  std::int64_t puts = 0;   ///< written, or to be written when only planned
  std::int64_t changes = 0;
  std::int64_t removals = 0;
  std::int64_t left = 0;
  std::int64_t refused = 0;
  std::int64_t failed = 0;
  std::int64_t unequal_afterwards = 0;  ///< tried, and not seen equal since
  double write_units = 0;
  bool stopped = false;  ///< by a signal or a failure
};

class repair_session {
 public:
  using step_sink = std::function<void(const step_report&)>;
  /// Told each key that was seen equal on both sides.
  using equal_sink = std::function<void(const dynamodb::item_key&)>;
  enum class moment {
    before_write,
    after_write,
  };
  /// Awaited before a write that takes something back, with what it is going to make of the key,
  /// and after it, with what both sides hold then.
  using sides_sink =
      std::function<awaitable<result<void>>(std::string key_json, both_sides held, moment when)>;

  repair_session(repair_settings settings, repair_parts parts);

  /// Plans, and with `apply` repairs and checks again, the items of these mismatches.
  [[nodiscard]] awaitable<result<repair_summary>> run(std::vector<open_finding> findings,
                                                      step_sink on_step, equal_sink on_equal);
  /// Takes back what the journal says was written, the newest first, where the target still is what
  /// was written; without `apply` only says so. An item that was not there before is deleted only
  /// where that is allowed. Nothing is begun when a write to another table may
  /// still stand. What cannot be read is told and left alone.
  [[nodiscard]] awaitable<result<repair_summary>> undo(step_sink on_step, sides_sink on_sides);
  /// What was done so far, also by a run that failed.
  [[nodiscard]] const repair_summary& summary() const { return summary_; }
  /// From now on no write is begun. One that was sent is answered or times out. All else (reads,
  /// credentials, looks at what was written) has 5 seconds: what was not looked at by then counts
  /// as unequal, and a write that was not sent by then never is.
  void request_stop();

 private:
  struct work;
  struct listed_call;
  struct call_in_flight {
    task_group& runs_in;
    const aws::sending* write = nullptr;  ///< not given up while it is under way
  };
  /// Until it has ended; gives up calls once a stop asks for it.
  [[nodiscard]] awaitable<void> see_through(awaitable<void> task);
  /// Nothing: there was no time left for the call.
  template <class T>
  [[nodiscard]] awaitable<std::optional<T>> in_time(awaitable<T> call,
                                                    const aws::sending* write = nullptr);
  [[nodiscard]] awaitable<void> repair_all(work& shared);
  [[nodiscard]] awaitable<void> lane(work& shared);
  /// By strong reads, the target first.
  [[nodiscard]] awaitable<result<both_sides>> read_both(const std::string& key_json, moment when);
  /// What cannot be understood is told instead of failing.
  [[nodiscard]] awaitable<result<both_sides>> read_both_for_finding(const std::string& key_json,
                                                                    moment when);
  [[nodiscard]] awaitable<result<step_report>> repair_item(const open_finding& finding);
  struct undoing;
  void tell_unreadable(const undoing& all);
  [[nodiscard]] awaitable<void> undo_all(undoing& all);
  [[nodiscard]] awaitable<result<void>> undo_place(const journal_place& place, undoing& all);
  [[nodiscard]] awaitable<result<step_report>> undo_entry(const journal_entry& entry,
                                                          bool comes_again, undoing& all);
  [[nodiscard]] awaitable<result<step_report>> take_back(const journal_entry& entry,
                                                         step_report report, held_item present,
                                                         const sides_sink& on_sides);
  [[nodiscard]] awaitable<result<void>> look_after(const journal_entry& entry,
                                                   const sides_sink& on_sides);
  [[nodiscard]] awaitable<result<held_item>> read(dynamodb::metered_table& table,
                                                  std::string key_json);
  [[nodiscard]] awaitable<result<held_item>> read_now(dynamodb::metered_table& table,
                                                      std::string key_json);
  [[nodiscard]] awaitable<result<step_report>> write(step_report report, held_item before,
                                                     held_item after);
  struct sent;
  /// Not sent where it may not be.
  [[nodiscard]] awaitable<sent> send_if_allowed(const dynamodb::conditional_write& write,
                                                const std::string& key_json,
                                                const held_item& after);
  [[nodiscard]] awaitable<sent> send(const dynamodb::conditional_write& write,
                                     const std::string& key_json, const held_item& after);
  [[nodiscard]] awaitable<void> check_again(work& shared);
  void count(const step_report& report);
  [[nodiscard]] bool is_out_of_time() const;

  repair_settings settings_;
  repair_parts parts_;
  repair_summary summary_;
  bool stop_requested_ = false;
  wall_time stopped_at_;
  std::list<call_in_flight> calls_;
};

}  // namespace ddm::repair
