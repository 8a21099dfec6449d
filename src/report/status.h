// One moment of a run as plain values: what every renderer and the verdict work from. The parts of
// a session tell the figures, and derive.h what follows from them.
//
// What adds up, at every moment (`tests/monitor/sums.h` holds a status to it):
//
// events:
//   insert + modify + remove + unknown = unique <= total  (remove includes ttl_remove)
// checks, in changes:
//   sampled = verified + superseded + pending + deferred + failed + healed
// mismatches:
//   failed = the changes that the open mismatches stand for, listed and only counted
//   open keys = keys with failed changes + keys that stand for no change
// comparison:
//   candidates = open + equal + unequal + changed + restless + twice
//   keys = equal in the scans + candidates equal, unequal and changed
// success:
//   wrong <= keys
//   of changes: keys <= keys_checked <= verified + failed + healed
//   of items at rest: keys <= keys of the comparison
//
// In `compare`, checks are candidates: verified = equal, failed + healed = unequal, failed = found
// by this comparison and open, superseded = changed + restless + twice.
#pragma once

#include "base/side.h"
#include "compare/comparison_progress.h"
#include "report/prices.h"
#include "report/run_facts.h"
#include "report/statistics.h"
#include "report/table_settings.h"
#include "report/wilson_interval.h"
#include "stream/stream_status.h"
#include "verify/coverage.h"
#include "verify/finding_counts.h"
#include "verify/path_groups.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::report {

enum class phase {
  importing,    ///< the target is not there yet: changes are counted, not checked
  catching_up,  ///< replication as a whole is behind
  baseline,     ///< items at rest are being compared
  steady,
};
[[nodiscard]] std::string_view to_string(phase value);

enum class verdict_kind {
  go,
  go_sampled,
  wait,
  no_go,
};
[[nodiscard]] std::string_view to_string(verdict_kind value);  ///< "GO", "GO (sampled)", …

struct verdict {
  verdict_kind kind = verdict_kind::wait;
  std::vector<std::string> reasons;  ///< in words; never empty but for GO
};

/// Where replication stands while it is behind.
struct catching_up {
  milliseconds late{0};
  /// When it will have caught up at the present pace; nothing: it does not gain.
  std::optional<milliseconds> remaining;
};

/// What a verdict stands on.
struct evidence {
  /// The weakest coverage of changes since the comparison that counts began.
  verify::coverage changes;
  verify::coverage at_rest;  ///< of that comparison
  /// It began so late after the freeze that all had to have arrived, and nothing was written since:
  /// it speaks for all keys by itself.
  bool at_rest_suffices = false;
  [[nodiscard]] verify::coverage weakest() const {
    return at_rest_suffices ? at_rest : verify::weaker_of(changes, at_rest);
  }
};

/// Keys of one population that are right. What cannot be read is in none.
struct success {
  std::uint64_t keys = 0;
  std::uint64_t wrong = 0;     ///< of `keys`: an open mismatch, listed or only counted
  std::uint64_t unlisted = 0;  ///< of `wrong`: only counted, so a key perhaps more than once
  rate_interval rate;
};

/// Nothing where nothing is known. `keys` may be an estimate; `unlisted` were only counted.
[[nodiscard]] std::optional<success> success_of(std::uint64_t keys, const verify::open_share& open,
                                                std::uint64_t unlisted = 0);

struct operation_counts {
  std::string operation;        ///< "BatchGetItem"
  std::uint64_t calls = 0;      ///< attempts sent
  std::uint64_t retries = 0;    ///< of these: after a first one
  std::uint64_t throttled = 0;  ///< of these: answered with "slow down"
};

/// What this process has asked of one service, and what became of it.
struct call_counts {
  std::vector<operation_counts> operations;  ///< that were called, by name
  std::uint64_t pauses = 0;                  ///< outages that were waited out, or are
  [[nodiscard]] operation_counts total() const;
};

/// What became of what somebody was to be told of.
struct alert_counts {
  std::uint64_t told = 0;
  std::uint64_t failed = 0;  ///< given up
  std::uint64_t waiting = 0;
  std::string last_failure;  ///< of a channel; empty: the last alert was told
};

/// An open mismatch as it may be shown.
struct shown_finding {
  verify::mismatch_kind kind = verify::mismatch_kind::different;
  std::string key;  ///< or its digest, with --hash-keys
  wall_time first_seen;
};

struct status {
  // Figures

  run_facts about;
  std::vector<credential_facts> credentials;  ///< that are in use
  wall_time at;
  milliseconds running{0};
  bool ended = false;   ///< the run is over: what is open stays so
  std::string failure;  ///< of the run; empty: it has not failed
  alert_counts alerts;
  std::optional<wall_time> committed_at;  ///< last, by this process
  std::string unsaved_because;            ///< there is no room for the state; empty: there is
  wall_time verdict_since;                ///< no other kind of verdict since then, in this process
  bool follows_stream = true;             ///< false: a comparison alone
  event_counters events;
  double events_per_second = 0;  ///< over the last interval
  check_counters checks;
  std::int64_t pending = 0;
  std::uint64_t check_bytes = 0;  ///< held by open checks
  std::uint64_t keys_changed = 0;
  std::uint64_t keys_checked = 0;
  std::uint64_t sample_rate = 1;
  std::uint64_t table_items = 0;  ///< ItemCount of the origin, up to 6 h old
  verify::open_share open_of_period;
  std::optional<double> success_interval;  ///< of changes, since the last block
  lag_histogram lag;
  std::optional<compare::comparison_view> compared;
  bool comparing = false;          ///< items at rest are read or judged just now
  bool reading_changes = false;    ///< before that: what changed since the export
  std::string comparison_trouble;  ///< what keeps them from being compared; empty: nothing
  /// A comparison of the items at rest that began after the stream was first read has ended.
  bool baseline_complete = false;
  std::optional<evidence> stands_on;  ///< nothing: no comparison counts
  verify::coverage asked;             ///< of changes, by the present settings
  side stream_of = side::source;      ///< whose stream is read; the target's: strategy B
  milliseconds settle{0};             ///< how long all must be well before GO
  milliseconds well_for{0};           ///< how long it has been
  bool settled = false;
  bool accept_sampled = false;
  verify::kind_counts mismatches;
  /// Confirmed beyond --findings-max, by any command: only counted.
  verify::kind_counts unlisted;
  std::int64_t unlisted_at_rest = 0;  ///< mismatches of these that `compared` has found
  std::vector<shown_finding> newest;  ///< a few open ones
  /// The 50 largest, of the newest 200,000 open ones.
  std::vector<verify::path_group> mismatch_groups;
  bool finding_lines_used_up = false;               ///< new ones are only counted
  bool target_ready = true;                         ///< false: changes are counted, not checked
  bool has_ttl = true;                              ///< somebody deletes what has expired
  std::optional<compared_settings> table_settings;  ///< nothing: nobody looks at them
  stream::stream_status shards;
  bool stream_over = false;    ///< turned off, read to its end, and there is no newer one
  bool read_as_asked = false;  ///< the stream was read to the end that was asked for
  std::vector<state::gap_row> gaps;
  double source_units = 0;
  double target_units = 0;
  std::int64_t stream_calls = 0;  ///< with those of earlier processes, as the units
  per_side<call_counts> asked_of_tables;
  call_counts asked_of_stream;
  bool is_behind = false;             ///< replication as a whole
  std::optional<catching_up> behind;  ///< where it stands then
  /// Age of the moment up to which all changes were read; nothing: not known.
  std::optional<milliseconds> unread_for = milliseconds{0};
  milliseconds judged_after{0};          ///< a change that is read now, at the latest
  verify::late_checks late;              ///< beyond max-lag
  std::size_t answering_comparison = 0;  ///< checks of changes that answer for the comparison
  std::size_t restless_candidates = 0;   ///< keys of the comparison that have not rested so far
  std::size_t unhealable = 0;            ///< open mismatches found while less was ignored than now
  std::optional<wall_time> last_write;   ///< newest change read that is not the TTL's
  std::optional<wall_time> freeze_at;
  std::int64_t writes_after_freeze = 0;
  std::string first_write_after_freeze;       ///< its key
  std::int64_t ttl_deletes_after_freeze = 0;  ///< by the service: no writer's doing
  /// What cannot be read or is not known just now: a table, the stream. Parts tell theirs, derive()
  /// adds what figures above say.
  std::vector<std::string> troubles;

  // Derived

  report::phase phase = report::phase::steady;
  report::verdict verdict;
  /// Of keys whose changes were checked in this period; of keys that the comparison found at rest.
  std::optional<success> success_of_changes;
  std::optional<success> success_at_rest;
  double read_unit_usd = usd_per_read_unit;
  double max_usd = 0;  ///< what the run may cost; 0: no bound
  double usd = 0;
  /// Everything judged this long after a freeze; nothing: not to be told now.
  std::optional<milliseconds> drain_estimate;
};

/// Of `now.compared`, by `now.mismatches`.
[[nodiscard]] std::optional<success> success_at_rest(const status& now);
/// 0 where nothing was compared.
[[nodiscard]] std::uint64_t keys_compared(const status& now);

}  // namespace ddm::report
