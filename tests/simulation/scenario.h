// What one seed chooses: the migration, its traffic, how it is replicated, what goes wrong, and
// when. Pure: the same seed gives the same scenario, which can be printed.
#pragma once

#include "monitor/monitor_world.h"
#include "support/faults.h"
#include "support/replicator.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::simulation {

/// Something that happens at a moment of the run.
enum class incident {
  split,                ///< an open shard gets two children
  roll_over,            ///< an open shard gets one child
  expire_iterators,     ///< every iterator given so far
  expire_credentials,   ///< of one of the three connections
  crash,                ///< the process is gone, and started again after `lasting`
  crash_mid_step,       ///< the same, some handlers later rather than at a round time
  crash_in_comparison,  ///< the same, once some of the items at rest are compared, but not all
  stop,                 ///< a signal: drains, and is started again after `lasting`
  long_absence,         ///< a crash, and a start after the stream has forgotten what was unread
  renew_stream,         ///< turned off and on again: a new ARN, taken up by a new process
  outage,               ///< one side answers nothing but errors for `lasting`
  listing_outage,       ///< the stream's shards cannot be listed for `lasting`
  reading_outage,       ///< no records can be read for `lasting`
  recreate_target,      ///< the target is deleted, created anew, and imported anew after `lasting`
  recreate_source,      ///< so is the source, with a new stream
  trim_idle,            ///< shards that have been read and rest forget their records
  day_without_reading,  ///< no records can be read for `lasting`, until the stream forgets them
  pause,                ///< the machine sleeps for `lasting`
  compare_beside,       ///< `compare` runs on the same state
  repair_between,       ///< the monitor ends, `repair` runs, and it is started after `lasting`
  fault_shower,         ///< faults of all kinds at random, on both sides, for `lasting`
};
[[nodiscard]] std::string_view to_string(incident what);

struct planned_incident {
  milliseconds at{0};  ///< after the monitor's first start
  incident what = incident::crash;
  milliseconds lasting{0};
  std::uint64_t detail = 0;  ///< which shard, which side, how many handlers
};

/// How the source is written to.
struct traffic {
  std::uint64_t keys = 50;
  std::uint64_t hot_keys = 0;  ///< of them; they get half of the writes
  double writes_per_second = 5;
  milliseconds lasting{60'000};
  double deletes = 0.1;       ///< share of all writes
  double other_only = 0;      ///< share that changes the attribute w alone
  double there_and_back = 0;  ///< share: an insert deleted again, a value changed back soon after
  milliseconds back_within{5'000};
  std::uint64_t values = 20;  ///< few: old values come again
};

/// Items that expire, and when the service deletes those that have.
struct expiry {
  double share = 0;              ///< of the items written
  milliseconds within_max{0};    ///< from the write to the end of the item's life
  double ancient = 0;            ///< share of them whose time was up more than five years ago
  milliseconds source_sweep{0};  ///< from one round of deletes to the next
  milliseconds target_sweep{0};  ///< 0: TTL is off there, deletes come from the source only
};

/// What happened before the monitor was started.
struct prehistory {
  std::uint64_t writes = 0;
  std::uint64_t generations = 0;  ///< of shards
  bool forgotten = false;         ///< all of that is older than the stream's memory
};

/// The monitor compares the items at rest as well.
struct baseline {
  milliseconds after{0};   ///< of replication being caught up
  milliseconds settle{0};  ///< how long all must be well before GO
  std::uint64_t segments = 1;
  bool with_export = false;  ///< one that was made in the prehistory stands for the source
};

/// What a process is started with; the last one holds for all that follow.
struct process_settings {
  std::uint64_t sample_rate = 1;
  std::uint64_t baseline_sample_rate = 1;
  std::string ignored;  ///< attributes, comma-separated
  bool accept_sampled = false;
};

/// The source is frozen.
struct freeze_plan {
  milliseconds at{0};
  bool from_start = false;     ///< the first process knows, else one that is started for it:
  milliseconds restart_at{0};  ///< when the process before it is ended
  milliseconds restart_takes{0};
  std::vector<milliseconds> forgotten_writes;  ///< after the freeze
};

/// One key that is written to all the time, and of which nothing arrives.
struct restless_plan {
  milliseconds from{0};  ///< it had arrived before
  milliseconds lasting{0};
  double writes_per_second = 0;
};

struct scenario {
  std::uint64_t seed = 0;
  monitor::world_options world;
  milliseconds replication_wait{5'000};
  int records_limit = 1000;
  std::uint32_t get_records_per_second = 0;
  std::uint32_t describe_stream_per_second = 0;
  milliseconds latency_max{5};
  milliseconds read_lag_max{0};
  milliseconds clock_skew{0};
  milliseconds target_created_after{0};  ///< 0: it is there from the beginning
  prehistory before;
  std::optional<baseline> at_rest;
  std::vector<process_settings> processes;  ///< at least one
  std::optional<freeze_plan> freeze;
  std::optional<restless_plan> restless;
  traffic writes;
  expiry ttl;
  support::replicator_options replication;
  milliseconds fails_from{0};                                 ///< defects are only made from then,
  milliseconds fails_until = milliseconds::max();             ///< until then
  std::vector<std::pair<milliseconds, milliseconds>> stalls;  ///< from, until
  support::fault_rates faults;                                ///< of a shower
  std::vector<planned_incident> incidents;                    ///< by time
};

[[nodiscard]] scenario make_scenario(std::uint64_t seed);
/// For people: one fact a line.
[[nodiscard]] std::string describe(const scenario& chosen);

}  // namespace ddm::simulation
