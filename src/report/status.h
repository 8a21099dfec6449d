// One moment of the monitor as plain values: what every renderer and the verdict work from.
#pragma once

#include "compare/comparison_progress.h"
#include "report/statistics.h"
#include "report/wilson_interval.h"
#include "stream/stream_consumer.h"
#include "verify/finding_book.h"

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

struct status {
  wall_time at;
  milliseconds running{0};
  report::phase phase = report::phase::steady;
  report::verdict verdict;
  event_counters events;
  double events_per_second = 0;  ///< over the last interval
  check_counters checks;
  std::int64_t pending = 0;
  std::uint64_t check_bytes = 0;  ///< held by open checks
  std::uint64_t keys_changed = 0;
  std::uint64_t keys_checked = 0;
  std::uint64_t sample_rate = 1;
  std::uint64_t table_items = 0;  ///< ItemCount of the origin, up to 6 h old
  std::optional<rate_interval> success_rate;
  std::optional<double> success_rate_interval;  ///< since the last block
  lag_histogram lag;
  bool follows_stream = true;  ///< false: a comparison alone
  std::optional<compare::comparison_view> compared;
  /// A comparison of the items at rest that began after the stream was first read has ended.
  bool baseline_complete = false;
  milliseconds settle{0};    ///< how long all must be well before GO
  milliseconds well_for{0};  ///< how long it has been
  bool settled = false;
  bool accept_sampled = false;
  verify::kind_counts mismatches;
  std::vector<verify::mismatch> newest;  ///< a few open ones
  stream::stream_status shards;
  std::vector<state::gap_row> gaps;
  double source_units = 0;
  double target_units = 0;
  std::int64_t stream_calls = 0;
  double usd = 0;
  std::optional<catching_up> behind;
  std::string trouble;             ///< a table or the stream that cannot be read just now
  std::size_t overdue = 0;         ///< checks older than max-lag
  milliseconds drain_estimate{0};  ///< everything judged this long after a freeze
  std::optional<wall_time> freeze_at;
  std::int64_t writes_after_freeze = 0;
  std::string first_write_after_freeze;  ///< its key
};

/// 0 where nothing was compared.
[[nodiscard]] std::uint64_t keys_compared(const status& now);

}  // namespace ddm::report
