// The counters: what was read, what was checked, how it ended.
//
// They are committed together with the positions and checks they speak of, so after a crash they
// are those of a run without one. What they add up to: status.h.
//
// A changed setting begins a new period: all counters from zero, but what is still open, and what
// all of it has consumed, which is the run's.
#pragma once

#include "dynamodb/page_decoder.h"
#include "report/distinct_counter.h"
#include "report/lag_histogram.h"
#include "verify/mismatch.h"
#include "verify/pending_checks.h"

#include <cstdint>
#include <map>
#include <string>

namespace ddm::report {

struct event_counters {
  std::int64_t total = 0;  ///< with records that were delivered again
  std::int64_t unique = 0;
  std::int64_t insert = 0;
  std::int64_t modify = 0;
  std::int64_t remove = 0;  ///< with TTL deletes
  std::int64_t ttl_remove = 0;
  std::int64_t unknown = 0;
};

struct check_counters {
  std::int64_t sampled = 0;
  std::int64_t verified = 0;
  std::int64_t superseded = 0;
  std::int64_t deferred = 0;
  std::int64_t failed = 0;
  std::int64_t healed = 0;
  std::int64_t equal_by_ignoring = 0;
  std::int64_t deletes = 0;  ///< deletes among the sampled
  /// Left to a comparison of the tables: read while the target was not there yet, not kept for lack
  /// of room, or failed with a mismatch that was only counted and that a comparison made up for.
  std::int64_t left_to_baseline = 0;
  std::int64_t failed_unlisted = 0;          ///< of `failed`: with mismatches that are only counted
  std::int64_t failed_unlisted_deletes = 0;  ///< of these: deletes
  /// Confirmed mismatches of this period that are only counted; a key may be among them more than
  /// once. What has expired or is unreadable is none.
  std::int64_t unlisted = 0;
};

/// Changes that failed with mismatches that are open.
struct failed_changes {
  std::int64_t listed = 0;
  std::int64_t unlisted = 0;          ///< of those that are only counted
  std::int64_t unlisted_expired = 0;  ///< of `unlisted`
  std::int64_t unlisted_deletes = 0;  ///< of `unlisted`
};

class statistics {
 public:
  void on_record(const dynamodb::change_record& record, bool checked);
  void on_reread(std::uint64_t records) { events_.total += static_cast<std::int64_t>(records); }
  void on_outcomes(const verify::outcomes& out);
  void on_failed(const dynamodb::digest128& key, std::int64_t changes);
  /// What on_failed told has no room of its own.
  void on_only_counted(const verify::mismatch& entry);
  void on_healed(std::int64_t changes);
  /// The open mismatches, which other commands heal and find too, stand for so many changes. What
  /// was only counted never heals: where it is gone, a comparison has made up for it, which may
  /// have found the keys right or wrong.
  void set_failed(const failed_changes& open);
  /// Read units and calls of this process are added to those of earlier ones.
  void set_consumed(double source_units, double target_units, std::int64_t stream_calls);

  [[nodiscard]] const event_counters& events() const { return events_; }
  [[nodiscard]] const check_counters& checks() const { return checks_; }
  /// Changes that failed since this process began, whatever became of them.
  [[nodiscard]] std::int64_t failed_ever() const { return failed_ever_; }
  [[nodiscard]] const lag_histogram& lag() const { return lag_; }
  /// Counted from 1: what a finding is told by which period it belongs to.
  [[nodiscard]] std::int64_t period() const { return period_; }
  /// About, where they are many (distinct_counter); never more than there were changes.
  [[nodiscard]] std::uint64_t keys_changed() const;
  /// Keys of which a change was judged in this period. The same; never more than such changes, nor
  /// less than those of them that are open.
  [[nodiscard]] std::uint64_t keys_checked(std::int64_t open = 0) const;
  [[nodiscard]] double source_units() const { return before_.source_units + now_.source_units; }
  [[nodiscard]] double target_units() const { return before_.target_units + now_.target_units; }
  [[nodiscard]] std::int64_t stream_calls() const {
    return before_.stream_calls + now_.stream_calls;
  }

  /// Everything that changed since the last save, for a commit.
  void save(std::map<std::string, std::int64_t>& numbers,
            std::map<std::string, std::string>& values);
  void restore(const std::map<std::string, std::int64_t>& numbers,
               const std::map<std::string, std::string>& values);
  /// What is still open: the deferred changes, and those given.
  void begin_period(std::int64_t pending, const failed_changes& failed);

 private:
  struct consumption {
    double source_units = 0;
    double target_units = 0;
    std::int64_t stream_calls = 0;
  };

  event_counters events_;
  check_counters checks_;
  std::int64_t failed_ever_ = 0;
  std::int64_t period_ = 1;
  distinct_counter keys_changed_;
  distinct_counter keys_checked_;
  lag_histogram lag_;
  consumption before_;  ///< by earlier processes
  consumption now_;     ///< by this one
};

}  // namespace ddm::report
