// How far a comparison is and what it has found, as it survives the process.
#pragma once

#include "base/time.h"
#include "compare/worker_share.h"
#include "verify/coverage.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ddm::compare {

/// What finished segment pairs, or one that is being read, have seen.
struct scan_counters {
  std::int64_t source_items = 0;  ///< read, whether the sample chose them or not
  std::int64_t target_items = 0;
  std::int64_t equal = 0;  ///< keys
  std::int64_t equal_by_ignoring = 0;
  std::int64_t bytes = 0;              ///< of the answers
  std::int64_t source_milliunits = 0;  ///< consumed by these scans
  std::int64_t target_milliunits = 0;
  /// What it would have cost to look each key up in the other table instead of scanning that.
  std::int64_t look_up_milliunits = 0;
  scan_counters& operator+=(const scan_counters& more);
  bool operator==(const scan_counters&) const = default;
};

/// Whether a worker's leftovers go to the others (exchange.h).
enum class passing_on : std::uint8_t {
  no,
  later,
  done
};

/// Kept in the state as named values under "comparison.<command>.".
struct comparison_progress {
  std::int64_t started_ms = 0;   ///< 0: none has begun
  std::int64_t finished_ms = 0;  ///< 0: not yet
  std::int64_t segments = 0;
  std::int64_t sample_rate = 1;
  std::int64_t attempt = 0;  ///< processes that have worked on it
  std::int64_t segments_done = 0;
  std::int64_t worker = 0;          ///< of `workers`: whose part of the pairs this is
  std::int64_t workers = 1;         ///< 1: all pairs
  std::int64_t passed_on = 0;       ///< a passing_on
  std::int64_t array_id = 0;        ///< of what all workers share; 0: there are none
  std::int64_t part_id = 0;         ///< new whenever a worker's part begins anew
  std::int64_t log_id = 0;          ///< of its leftover file, where workers pass on what is in it
  std::int64_t leftover_bytes = 0;  ///< length of the leftover file that counts
  std::int64_t parts = 0;           ///< of the last join; 0: not begun
  std::int64_t parts_joined = 0;
  scan_counters scanned;
  std::int64_t candidates = 0;  ///< keys that a scan could not call equal
  std::int64_t candidates_closed = 0;
  std::int64_t candidates_equal = 0;             ///< equal when they were judged
  std::int64_t candidates_unequal = 0;           ///< confirmed mismatches
  std::int64_t candidates_unlisted = 0;          ///< of these: only counted, beyond --findings-max
  std::int64_t candidates_unlisted_expired = 0;  ///< of these: past their TTL
  std::int64_t candidates_unlisted_unreadable = 0;  ///< of candidates_unlisted
  std::int64_t candidates_restless = 0;             ///< never at rest: not judged
  std::int64_t candidates_twice = 0;                ///< of a key that another candidate stands for
  /// Of the coverage of changes when it began (verify::coverage_log); 0: the stream was not read.
  std::int64_t epoch = 0;
  /// Of an export that stands for no later moment (see export_standing); 0: all that it saw of the
  /// source is of its begin, or later.
  std::int64_t as_of_ms = 0;
  std::string export_arn;  ///< empty: the source's table was scanned
  std::string withheld;    ///< why the export stands for no later moment, in words
  std::string ignored;     ///< patterns, comma-separated: digests depend on them
  /// Of a worker that passes on leftovers: "LOG:BYTES" of each process before this one, with
  /// commas, whose log counts.
  std::string earlier_logs;
  std::string joined_of;  ///< part_id of each worker whose leftovers it joins, with commas
  std::string made_by;    ///< the command, which its names in the state tell

  [[nodiscard]] bool begun() const { return started_ms != 0; }
  [[nodiscard]] bool finished() const { return finished_ms != 0; }
  [[nodiscard]] worker_share share() const { return {.worker = worker, .workers = workers}; }
  [[nodiscard]] passing_on leftovers_go() const { return static_cast<passing_on>(passed_on); }
  /// Of its segments those that it is about.
  [[nodiscard]] std::int64_t pairs() const { return share().pairs_of(segments); }
  [[nodiscard]] bool all_scanned() const { return begun() && segments_done == pairs(); }
  [[nodiscard]] bool all_joined() const { return parts > 0 && parts_joined == parts; }
  /// Nothing is left to read, to join or to judge.
  [[nodiscard]] bool all_judged() const {
    return all_scanned() && all_joined() && candidates_closed == candidates;
  }
  [[nodiscard]] std::int64_t candidates_open() const { return candidates - candidates_closed; }
  /// Their keys changed meanwhile: the checks of these changes answer for them.
  [[nodiscard]] std::int64_t candidates_changed() const {
    return candidates_closed - candidates_equal - candidates_unequal - candidates_restless -
           candidates_twice;
  }
  [[nodiscard]] wall_time started() const { return from_ms(started_ms); }
  /// What it saw of the source is of then.
  [[nodiscard]] wall_time as_of() const { return from_ms(as_of_ms != 0 ? as_of_ms : started_ms); }
  /// It counts as begun when it began.
  [[nodiscard]] bool is_current() const { return as_of_ms == 0; }
  [[nodiscard]] verify::coverage covered() const {
    return verify::coverage::of(static_cast<std::uint64_t>(sample_rate), ignored);
  }

  /// What the names of its numbers and values begin with.
  [[nodiscard]] static std::string prefix_of(const std::string& command) {
    return "comparison." + command + ".";
  }
  void save(const std::string& command, std::map<std::string, std::int64_t>& numbers,
            std::map<std::string, std::string>& values) const;
  [[nodiscard]] static comparison_progress load(const std::string& command,
                                                const std::map<std::string, std::int64_t>& numbers,
                                                const std::map<std::string, std::string>& values);
  bool operator==(const comparison_progress&) const = default;
};

/// The same for people and programs, with what is under way.
struct comparison_view {
  comparison_progress progress;
  scan_counters seen;                ///< by finished pairs and those being read
  std::int64_t seen_in_process = 0;  ///< items of both tables read since this process began
  milliseconds reading{0};           ///< time that this process has been reading
  std::uint64_t expected_items = 0;  ///< of both tables, by their descriptions; up to 6 h old
  /// Keys that were compared, each once: judged() and those that changed meanwhile.
  [[nodiscard]] std::int64_t keys() const { return judged() + progress.candidates_changed(); }
  /// Keys at rest: equal in the scans, or judged by reading both tables.
  [[nodiscard]] std::int64_t judged() const {
    return seen.equal + progress.candidates_equal + progress.candidates_unequal;
  }
  /// 0 to 1, by items where their number is known, else by segments.
  [[nodiscard]] double share_read() const;
  [[nodiscard]] double items_per_second() const;
  /// Time left for reading; nothing: not known yet.
  [[nodiscard]] std::optional<milliseconds> remaining() const;
};

}  // namespace ddm::compare
