// The decisions about changes: when to look, what an answer means, when a mismatch is one.
//
// Problem: replication is late by nature, keys change again before they are checked, and a value
// that was changed back looks as if it had arrived. Alarms must be neither false nor missed.
// Idea: at most one open check per key, for its newest change, with the digests of the images it
// has superseded. Changes, answers and the time go in; reads to make and outcomes come out. Nothing
// here waits, reads a clock or touches a socket, so production, unit tests and simulation decide
// alike. Reason for every rule: docs/monitoring_mechanism.md, "Checking a change".
//
// Memory: at most settings.memory_bytes_max plus one change. Beyond it, changes are deferred as
// keys.
#pragma once

#include "base/time.h"
#include "dynamodb/page_decoder.h"
#include "state/rows.h"
#include "verify/behind_detector.h"
#include "verify/check_rules.h"
#include "verify/check_settings.h"
#include "verify/check_stages.h"
#include "verify/check_table.h"
#include "verify/look_schedule.h"
#include "verify/unchecked_changes.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::verify {

/// Where a change was read, beside the record itself.
struct change_context {
  std::string_view shard_id;
  bool fresh = false;              ///< no backlog: its lag may be measured
  bool created_is_coarse = false;  ///< creation times are cut to the minute: count from `now`
  /// The key has, or may have, an open mismatch: what it failed on may still be on its way, and an
  /// equal look be the state before that.
  bool mismatch_open = false;
};

/// A read that a check asks for.
struct read_request {
  check_id id = 0;
  std::uint32_t version = 0;
  check_step step = check_step::look;
  /// May wait for a full batch (first looks); all others go at once.
  bool may_wait = false;
  item_key key;
};

/// A mismatch for certain; the caller adds what needs the items themselves.
struct confirmation {
  item_key key;
  std::int64_t candidate = 0;  ///< as in `check`
  seen origin;
  seen counterpart;
  bool delete_seen = false;
  bool ttl_delete_seen = false;
  bool counterpart_is_earlier_image = false;
  std::string shard_id;
  sequence_number sequence;
  wall_time first_seen;
};

struct lag_sample {
  milliseconds lag;
  bool upper_bound;  ///< equal at the first look: the true lag may be anything below
};

/// What the calls decided, for counters, findings and the next commit. Callers reset it.
struct outcomes {
  std::int64_t verified = 0;
  std::int64_t superseded = 0;
  std::int64_t equal_by_ignoring = 0;
  std::int64_t deferred = 0;
  /// Changes that could not even be deferred: they get no check and no outcome.
  std::int64_t left = 0;
  std::int64_t left_deletes = 0;
  std::int64_t undeferred = 0;   ///< deferred changes that became checks again, or were superseded
  std::vector<item_key> passed;  ///< keys of verified checks
  std::vector<item_key> agreed;  ///< keys of candidates that both tables hold alike
  std::vector<confirmation> confirmed;
  std::vector<state::deferred_row> deferred_rows;
  std::vector<lag_sample> lags;
  // Candidates of a comparison are no changes: they count apart.
  std::int64_t candidates_equal = 0;
  std::int64_t candidates_twice = 0;            ///< of a key whose row before is still open
  std::int64_t candidates_restless = 0;         ///< never at rest, and no stream tells their images
  std::vector<std::int64_t> candidates_closed;  ///< rows with an outcome; a newer check is one too
};

/// Checks whose first unmet change is older than it may be, by what is known of them.
struct late_checks {
  std::size_t unmet = 0;     ///< the other table was seen without the change, half a max-lag old
  std::size_t unlooked = 0;  ///< no look so late has been answered yet
  /// Of keys that change all the time, of whose recent images not all are known: they are judged
  /// once they rest.
  std::size_t unjudgeable = 0;
  bool operator==(const late_checks&) const = default;
};

class pending_checks {
 public:
  explicit pending_checks(check_settings settings);

  /// A chosen change was read.
  void on_change(dynamodb::change_record record, const change_context& where, wall_time now,
                 outcomes& out);
  /// Changes that have no check.
  [[nodiscard]] unchecked_changes& unchecked() { return unchecked_; }
  [[nodiscard]] const unchecked_changes& unchecked() const { return unchecked_; }
  /// A deferred key comes back: it is judged by reading both tables.
  void on_undeferred(const state::deferred_row& row, wall_time now, outcomes& out);
  /// A comparison found the key unequal: it is judged by strong reads, one max-lag apart.
  void on_candidate(const state::candidate_row& row, wall_time now, outcomes& out);
  /// Records were lost before they were read: open checks no longer know all images of their keys.
  void on_gap();
  /// Our clock, which tells `now`, stood still for so long: what is open is that much older.
  void on_pause(milliseconds lasted);
  /// A check that an earlier process left open. Not `comparable`: its digests were made under other
  /// ignored attributes, and what it expects is read from the origin instead.
  void restore(check open, std::string_view shard_id, bool comparable, wall_time now);

  /// Reads that are due, at most `reads_max`; each must be answered by exactly one on_… call.
  [[nodiscard]] std::vector<read_request> take_due(wall_time now, std::size_t reads_max);
  /// The earliest time at which take_due may return something.
  [[nodiscard]] std::optional<wall_time> next_due() const { return schedule_.next_due(); }

  /// Answer to look: the counterpart.
  void on_look(check_id id, std::uint32_t version, const seen& counterpart, wall_time now,
               outcomes& out);
  /// Answer to expect_look: the origin (read first, strongly) and the counterpart.
  void on_expect_look(check_id id, std::uint32_t version, const seen& origin,
                      const seen& counterpart, wall_time now, outcomes& out);
  /// Answer to first_origin.
  void on_first_origin(check_id id, std::uint32_t version, const seen& origin, wall_time now);
  /// Answer to judge and judge_restless: both read strongly, the counterpart first.
  void on_judged(check_id id, std::uint32_t version, const seen& origin, const seen& counterpart,
                 wall_time now, outcomes& out);
  /// Verifies what both tables were seen to hold alike, once the stream has been read past that.
  /// Not `at_once`: each is looked at once more.
  void pass_proven(wall_time now, bool at_once, outcomes& out);
  /// The read failed or was not answered: ask again at `again_at`.
  void on_unanswered(check_id id, wall_time again_at);

  void set_read_up_to(const reading& reached) { reached_ = reached; }
  [[nodiscard]] bool follows_stream() const { return settings_.follows_stream; }
  /// No change before `moment` is unread.
  [[nodiscard]] bool has_read_past(wall_time moment) const {
    return !settings_.follows_stream || (reached_.known && *reached_.known >= moment);
  }
  /// Re-evaluates whether replication is behind; about each second. True when it changed.
  bool update_behind(wall_time now);
  [[nodiscard]] const behind_detector& behind() const { return behind_; }

  /// Makes every check due now: nothing waits for its first look any more (draining), and what has
  /// not rested so far may do so now.
  void hasten(wall_time now);

  /// Changes for the next commit.
  void take_dirty(std::vector<state::check_row>& rows, std::vector<std::int64_t>& closed) {
    table_.take_dirty(rows, closed);
  }

  [[nodiscard]] std::size_t size() const { return table_.size(); }
  /// Those of size() that a comparison asked for.
  [[nodiscard]] std::size_t candidates() const { return table_.candidates(); }
  [[nodiscard]] bool contains(const digest128& key_hash) const {
    return table_.find(key_hash) != nullptr;
  }
  [[nodiscard]] std::uint64_t bytes() const { return table_.bytes(); }
  /// In place of that of the settings. What is held beyond it stays until it has its outcome.
  void allow_memory(std::uint64_t bytes) { settings_.memory_bytes_max = bytes; }
  [[nodiscard]] bool has_room() const { return bytes() < settings_.memory_bytes_max; }
  /// Room for work that can wait: live changes find room in the rest.
  [[nodiscard]] bool has_room_to_spare() const {
    return bytes() < settings_.memory_bytes_max / 10 * 8;
  }
  [[nodiscard]] check_id highest_id() const { return table_.highest_id(); }
  /// Those whose first unmet change was made before `time`. What was read late has
  /// `reading_late_max` more, for which reading answers. Walks all checks where one may be.
  [[nodiscard]] late_checks later_than(wall_time time) const;
  /// Checks of changes that answer the question of a comparison, too, and have not yet.
  [[nodiscard]] std::size_t answering_comparison() const;
  /// Of candidates(): those that no judgement has found at rest so far.
  [[nodiscard]] std::size_t restless_candidates() const;
  /// Of all checks: those that no judgement since their newest change has found at rest.
  [[nodiscard]] std::size_t restless_checks() const;
  /// A check is open that was opened no later than this one.
  [[nodiscard]] bool has_open_up_to(check_id id) const;
  /// The lowest sequence number with an open check, of each shard that has one. Walks all checks.
  [[nodiscard]] std::map<std::string, sequence_number> lowest_open() const {
    return table_.lowest_open();
  }

 private:
  using entry = check_table::entry;

  entry& open_for(const dynamodb::change_record& record, const change_context& where,
                  wall_time made, wall_time now);
  void defer(dynamodb::change_record record, wall_time now, outcomes& out);
  [[nodiscard]] bool has_room_for_image(const expectation& expected) const;
  void supersede(check& open, const dynamodb::change_record& record, wall_time now, wall_time made);
  void answer_comparison(entry& open, wall_time now);
  bool forget_agreement(check& open);
  void become_change(entry& open, wall_time now, outcomes& out);
  void expect(check& open, const dynamodb::change_record& record);
  void plan_first_look(entry& open, const change_context& where, wall_time now, bool is_new);
  void close(entry& open);

  [[nodiscard]] entry* answered(check_id id);
  [[nodiscard]] check_facts facts(const entry& open, wall_time now) const;
  /// One step of a stage, and what it means for the book around the check.
  using step = next_step (*)(check&, const sight&, const check_facts&);
  void take_step(entry& open, step made, const sight& look, wall_time now, outcomes& out);
  void pass(entry& open, bool by_ignoring, wall_time now, outcomes& out);
  void confirm(entry& open, const mismatched& found, wall_time now, outcomes& out);
  void give_up(entry& open, outcomes& out);
  void note_lag(const check& open, wall_time now, outcomes& out) const;
  void note_arrival();

  check_settings settings_;
  behind_detector behind_;
  check_table table_;
  look_schedule schedule_;
  unchecked_changes unchecked_;
  reading reached_;
};

}  // namespace ddm::verify
