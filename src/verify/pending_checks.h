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
#include "verify/check.h"
#include "verify/key_filter.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

namespace ddm::verify {

/// Up to so late a change may be read without its check being late.
constexpr milliseconds reading_late_max{60'000};

struct check_settings {
  direction way = direction::source_to_target;
  milliseconds replication_wait{5'000};
  milliseconds retry_wait{2'000};
  milliseconds max_lag{60'000};
  milliseconds stall_after{30 * 60'000};
  std::uint64_t memory_bytes_max = 384ULL << 20;
  /// Keys that may wait in the state for room in memory, about.
  std::int64_t deferred_max = 10'000'000;
  /// Keys a second whose looks come at 0.5, 1, 2 and 4 s to measure the lag.
  double lag_probes_per_second = 5;
  /// Changes are told; without a stream there are only a comparison's candidates.
  bool follows_stream = true;
  /// The counterpart has a TTL: an item that is absent there may have expired.
  bool counterpart_expires = false;
  /// Of which keys: checks of others, which an earlier process with a denser sample has left, are
  /// judged by reading both tables, as candidates are.
  dynamodb::sample_choice sample;
};

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

/// What one side held, or that it could not be understood.
struct seen {
  image value;
  bool unreadable = false;
  /// When the look was asked for: where the machine slept meanwhile, long before its answer. What
  /// it proves, it proves of then. Nothing: just now.
  std::optional<wall_time> asked{};
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
  /// How many changes an earlier process has left deferred: their keys are not known here.
  void restore_deferred(std::int64_t changes, std::int64_t rows);
  /// Rows of them in the state; a key that is deferred again counts anew until it is told.
  [[nodiscard]] std::int64_t deferred_rows() const { return deferred_rows_; }
  void set_deferred_rows(std::int64_t rows) { deferred_rows_ = rows; }
  /// How many are deferred in all.
  void note_deferred(std::int64_t changes);
  /// A chosen change that nobody checks was read: the target was not there yet. It may still be on
  /// its way when the key's next change is looked for, so that an equal look proves nothing.
  void note_left(const digest128& key_hash);
  /// An earlier process has left such changes; of which keys is not known.
  void restore_left();
  /// Changes are checked from now on: what was left has one max-lag to arrive.
  void on_target_ready(wall_time now) { target_ready_at_ = now; }
  /// What was left unchecked has arrived or never will.
  [[nodiscard]] bool left_settled() const { return left_settled_; }
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
  [[nodiscard]] std::optional<wall_time> next_due() const;

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

  /// The stream's shards have been read up to this time: those that are known, and `all` of them,
  /// also such as no listing shows yet (nothing: not known yet).
  void set_read_up_to(std::optional<wall_time> known, std::optional<wall_time> all) {
    read_up_to_ = known;
    all_read_up_to_ = all;
  }
  [[nodiscard]] bool follows_stream() const { return settings_.follows_stream; }
  /// No change before `moment` is unread.
  [[nodiscard]] bool has_read_past(wall_time moment) const {
    return !settings_.follows_stream || (read_up_to_ && *read_up_to_ >= moment);
  }
  /// Re-evaluates whether replication is behind; about each second. True when it changed.
  bool update_behind(wall_time now);
  [[nodiscard]] const behind_detector& behind() const { return behind_; }

  /// Makes every check due now: nothing waits for its first look any more (draining), and what has
  /// not rested so far may do so now.
  void hasten(wall_time now);

  /// Changes for the next commit.
  void take_dirty(std::vector<state::check_row>& rows, std::vector<std::int64_t>& closed);

  [[nodiscard]] std::size_t size() const { return by_key_.size(); }
  /// Those of size() that a comparison asked for.
  [[nodiscard]] std::size_t candidates() const { return candidates_; }
  [[nodiscard]] bool contains(const digest128& key_hash) const {
    return by_key_.contains(key_hash);
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool has_room() const { return bytes_ < settings_.memory_bytes_max; }
  /// Room for work that can wait: live changes find room in the rest.
  [[nodiscard]] bool has_room_to_spare() const {
    return bytes_ < settings_.memory_bytes_max / 10 * 8;
  }
  [[nodiscard]] std::int64_t highest_id() const { return next_id_ - 1; }
  /// Those whose first unmet change was made before `time`. What was read late has
  /// `reading_late_max` more, for which reading answers.
  [[nodiscard]] late_checks later_than(wall_time time) const;
  /// Checks of changes that answer the question of a comparison, too, and have not yet.
  [[nodiscard]] std::size_t answering_comparison() const;
  /// Of candidates(): those that no judgement has found at rest so far.
  [[nodiscard]] std::size_t restless_candidates() const;
  /// Of all checks: those that no judgement since their newest change has found at rest.
  [[nodiscard]] std::size_t restless() const;
  /// A check is open that was opened no later than this one.
  [[nodiscard]] bool has_open_up_to(check_id id) const;
  /// The lowest sequence number with an open check, of each shard that has one. Walks all checks.
  [[nodiscard]] std::map<std::string, sequence_number> lowest_open() const;

 private:
  using slot = std::uint32_t;
  struct timer {
    wall_time due;
    slot at;
    check_id id;
    bool operator>(const timer& other) const { return due > other.due; }
  };

  check& place(check fresh);
  void defer(dynamodb::change_record record, wall_time now, outcomes& out);
  [[nodiscard]] bool has_room_for_image(const check& open) const;
  void supersede(check& open, const dynamodb::change_record& record, wall_time now, wall_time made);
  static void forget_images(check& open);
  void answer_comparison(check& open, wall_time now);
  bool forget_agreement(check& open);
  void become_change(check& open, wall_time now, outcomes& out);
  void expect(check& open, const dynamodb::change_record& record);
  void plan_first_look(check& open, const change_context& where, wall_time now, bool is_new);
  void schedule(check& open, wall_time due);
  void close(check& open);
  void verify(check& open, bool equal_by_ignoring, wall_time now, outcomes& out);
  void note_lag(const check& open, wall_time now, outcomes& out) const;
  void confirm(check& open, const seen& origin, const seen& counterpart, wall_time now,
               outcomes& out);
  void on_equal(check& open, const seen& look, wall_time now, outcomes& out);
  void await_stream(check& open, bool by_ignoring, wall_time now);
  void on_unequal(check& open, wall_time now);
  void judge_resting(check& open, const seen& origin, const seen& counterpart, wall_time now,
                     outcomes& out);
  [[nodiscard]] bool give_up_candidate(check& open, outcomes& out);
  wall_time note_difference(check& open, const seen& counterpart, wall_time now);
  void judge_restless(check& open, const seen& origin, const seen& counterpart, wall_time now,
                      outcomes& out);
  void postpone(check& open, wall_time now);
  void await_proof(check& open, const image& counterpart, sighting seen_as, wall_time now);
  void see_anew(check& open, const image& counterpart, sighting seen_as, wall_time now);
  [[nodiscard]] bool is_read_past(const check& open, const image& counterpart,
                                  sighting seen_as) const;
  [[nodiscard]] bool stray_is_proven(const check& open) const {
    return open.stray && all_read_up_to_ && *all_read_up_to_ >= open.stray_at;
  }
  void note_met(check& open, const past_image& until, wall_time now);
  [[nodiscard]] bool is_followed(const check& open) const;
  [[nodiscard]] bool knows_its_images(const check& open) const;
  void update_left(wall_time now);
  void note_arrival();
  void note_level(check& open, const seen& counterpart, wall_time now);
  [[nodiscard]] static std::optional<past_image> held_until(const check& open, const image& value,
                                                            wall_time now);
  [[nodiscard]] bool is_restless(const check& open, wall_time now) const;
  [[nodiscard]] wall_time judge_at(const check& open) const;
  [[nodiscard]] check* answered(check_id id);
  [[nodiscard]] bool take_lag_probe(wall_time now);
  void park_due(wall_time now);
  [[nodiscard]] read_request request_of(check& open);
  void mark_dirty(check& open);
  void book(check& open);
  [[nodiscard]] std::uint32_t shard_index(std::string_view shard_id);

  check_settings settings_;
  behind_detector behind_;
  std::deque<check> slots_;  ///< a deque: references stay valid while it grows
  std::vector<slot> free_slots_;
  boost::unordered_flat_map<digest128, slot, std::hash<digest128>> by_key_;
  boost::unordered_flat_map<check_id, slot> by_id_;
  std::priority_queue<timer, std::vector<timer>, std::greater<>> timers_;
  /// While replication is behind: due checks by age, oldest first, of which only probes are looked
  /// at.
  std::set<std::pair<wall_time, check_id>> parked_;
  double parked_allowance_ = 0;
  wall_time allowance_at_;
  /// Those with agreed_at, by that: one entry for each, however long the stream is not read.
  std::set<std::pair<wall_time, check_id>> agreed_;
  std::vector<check_id> dirty_;
  std::vector<std::int64_t> closed_;
  key_filter deferred_keys_;
  std::int64_t deferred_rows_ = 0;
  key_filter left_keys_;
  bool left_settled_ = true;
  std::optional<wall_time> target_ready_at_;
  std::vector<std::string> shard_names_;
  std::map<std::string, std::uint32_t, std::less<>> shard_indices_;
  std::optional<wall_time> read_up_to_;
  std::optional<wall_time> all_read_up_to_;
  std::uint64_t bytes_ = 0;
  std::size_t candidates_ = 0;
  check_id next_id_ = 1;
  double lag_probe_tokens_ = 0;
  wall_time lag_probe_at_;
};

}  // namespace ddm::verify
