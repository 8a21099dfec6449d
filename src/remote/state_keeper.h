// Holding a state in the table: the lease is renewed, and copies of the local state are made.
//
// Problem: the state that a command works on is a file on a disk that may vanish with its host.
// Idea: the file stays the truth while the process lives. Each interval a consistent picture of it
// (copy_source) is cut into blocks, those that are not there yet are written, and one conditional
// write of the head makes the copy count. Whoever takes the head next begins from that copy, as
// from the file of a moment: position, counters, open checks and findings belong together, and the
// stream is read again from there.
// Reason: a copy is complete or not there, a commit waits for no network, and what is lost with a
// host is at most an interval of reading, never a fact.
//
// One task writes the head (renewals, copies and the end), so that there is one write of it at a
// time; the other one makes the copies. All on one thread.
#pragma once

#include "remote/copy_ledger.h"
#include "remote/lease.h"
#include "remote/state_table.h"
#include "runtime/clock.h"
#include "runtime/drain_signal.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::remote {

/// The local state, as its keeper sees it.
class copy_source {
 public:
  copy_source() = default;
  copy_source(const copy_source&) = delete;
  copy_source& operator=(const copy_source&) = delete;
  virtual ~copy_source() = default;

  /// A picture of one moment, which stays as it is until the next one is taken.
  [[nodiscard]] virtual awaitable<result<std::vector<copied_file>>> take() = 0;
  /// These blocks of one of its files, at most blocks_per_call_max.
  [[nodiscard]] virtual awaitable<result<std::vector<sealed_block>>> sealed(
      std::size_t file_number, std::vector<std::size_t> block_numbers) = 0;
};

struct keeper_settings {
  lease_times lease;
  milliseconds copy_each{30'000};
  ledger_bounds bounds;
  /// How long an end goes on while nothing is written.
  milliseconds end_within{60'000};
  std::string told;  ///< of this process, for people
};

struct keeper_surroundings {
  state_table& table;
  clock& time;
  asio::any_io_executor executor;
  std::function<std::string()> new_id;  ///< never gives one twice, on any host
};

/// What a copy took.
struct copy_figures {
  std::uint64_t copies = 0;
  std::uint64_t blocks_written = 0;
  std::uint64_t bytes_written = 0;  ///< as they are stored
  std::uint64_t blocks_deleted = 0;
};

class state_keeper {
 public:
  state_keeper(keeper_settings settings, keeper_surroundings around);
  ~state_keeper();

  /// Waits until it may take the head, and takes it. `waiting` is called after each look while
  /// somebody else holds it. Errors: `cancelled` after give_up(); what waiting cannot mend.
  using on_waiting = std::function<void(const lease_watch&)>;
  [[nodiscard]] awaitable<result<void>> acquire(on_waiting waiting);
  void give_up() { giving_up_.set(); }

  /// The copy to begin from, after acquire(), which renews the lease from then on. Nothing: the
  /// state is new.
  [[nodiscard]] const std::optional<copy_root>& found() const { return found_; }

  /// Makes copies from now on, the first one at once. `source` outlives the keeper's end.
  void begin_copying(copy_source& source);
  /// A copy that is begun now or later stands in the head. An error: it never will.
  [[nodiscard]] awaitable<result<void>> copied();
  /// Called once, when the head is no longer ours or cannot be: nothing more is written then. The
  /// error names who holds it.
  std::function<void(const error&)> on_lost;

  /// The head names no copy any more: whoever takes it begins anew, and blocks may be deleted.
  [[nodiscard]] awaitable<result<void>> forget_copy() {
    return change_head({.copy = {}, .forget_copy = true});
  }

  /// A last copy, and the head is nobody's. An error: there is no last copy, the head still names
  /// the one before. That the head could not be released is none: it is free once it has stood
  /// still. Nothing is done by one who has lost it.
  [[nodiscard]] awaitable<result<void>> end();
  /// Ends as if the process had been killed.
  [[nodiscard]] awaitable<void> abandon();

  /// As this process knows it, after acquire().
  [[nodiscard]] const head& known() const { return hold_->known(); }
  [[nodiscard]] bool is_lost() const { return lost_.has_value(); }
  /// Whether an effect outside may begin now (lease.h).
  [[nodiscard]] bool may_act() const { return hold_ && hold_->may_act(time_.now()); }
  [[nodiscard]] const copy_figures& figures() const { return figures_; }

 private:
  [[nodiscard]] awaitable<result<bool>> try_to_take(const lease_watch& watch);
  /// Whether what was read is what this process has written to take it.
  [[nodiscard]] bool was_taken(const std::optional<head>& seen) const;
  void hold(head taken);
  [[nodiscard]] awaitable<void> keep_head();
  [[nodiscard]] awaitable<bool> write_pending();
  [[nodiscard]] awaitable<void> copy_regularly();
  [[nodiscard]] awaitable<void> sleep_until_copy(wall_time next, bool may_be_woken);
  [[nodiscard]] awaitable<result<void>> copy_caught();
  [[nodiscard]] awaitable<result<void>> copy_now();
  [[nodiscard]] awaitable<result<void>> put_missing(std::size_t file_number,
                                                    const copied_file& file);
  [[nodiscard]] awaitable<result<void>> put_blocks(std::vector<sealed_block> blocks);
  [[nodiscard]] awaitable<result<void>> put_tree(const cut_tree& tree);
  [[nodiscard]] awaitable<void> collect(std::size_t blocks_max);
  /// Until the head is as wanted; an error of the code `lease_lost` when it never will be.
  [[nodiscard]] awaitable<result<void>> change_head(head_change change);
  void lose(error why);
  [[nodiscard]] bool end_is_overdue() const;
  [[nodiscard]] bool is_awaited() const { return copies_answered_ < copies_asked_; }

  keeper_settings settings_;
  state_table& table_;
  clock& time_;
  std::function<std::string()> new_id_;
  std::string owner_;
  drain_signal giving_up_;
  std::optional<wall_time> taking_since_;  ///< the first attempt
  std::optional<lease_hold> hold_;
  std::optional<error> lost_;
  std::optional<copy_root> found_;

  bool keeping_head_ = false;
  std::optional<head_change> wanted_;
  bool change_came_through_ = false;
  signal change_wanted_;
  signal change_made_;

  copy_source* source_ = nullptr;
  copy_ledger ledger_;
  std::uint64_t copy_number_ = 0;
  copy_figures figures_;
  bool copying_ = false;
  std::uint64_t copies_asked_ = 0;
  std::uint64_t copies_answered_ = 0;  ///< of those that were asked for
  signal copy_asked_;
  signal copy_made_;
  bool last_copied_ = false;  ///< with what came before end()
  signal copying_ended_;
  std::optional<error> copy_failure_;  ///< of the last copy, if it failed

  drain_signal ending_;
  wall_time end_until_{};
  task_group tasks_;
};

inline constexpr std::string_view lease_lost = "LeaseLost";

}  // namespace ddm::remote
