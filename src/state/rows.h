// What survives the process, as plain values: the rows of a state and one atomic step of them.
//
// Whoever decides (checks, findings, lineage, verdict) deals in these; how they are written is
// state/state_store's affair. Checks and statistics are opaque bytes or named numbers here.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ddm::state {

/// Where one shard stands. Times are wall time of the server where known.
struct shard_row {
  std::string stream_arn;
  std::string shard_id;
  std::string parent_id;  ///< empty: none
  std::string life;       ///< "waiting", "reading", "done", "skipped" (stream/shard_lineage)
  std::string start;      ///< "TRIM_HORIZON" or "LATEST": how reading began
  /// Records created before this do not count (LATEST start).
  std::optional<wall_time> counts_from;
  std::string last_sequence;              ///< of the last record read; empty: none yet
  std::string resolved_sequence;          ///< below it every change has an outcome
  std::optional<wall_time> last_created;  ///< creation time of the last record read
  std::optional<wall_time> caught_up_at;  ///< when the shard was last seen caught up
  std::optional<wall_time> ended_at;
  std::optional<wall_time> last_listed;
  bool operator==(const shard_row&) const = default;
};

/// An open check (verify/pending_checks writes and reads the body).
struct check_row {
  std::int64_t id = 0;
  std::string body;
};

/// A change whose check had no room in memory: only its key is kept.
struct deferred_row {
  std::string key_hash;  ///< 16 bytes
  std::string key_json;
  std::int64_t changes = 1;  ///< how many changes of the key wait here
  std::int64_t since_ms = 0;
};

/// A segment of both tables that a comparison has read to its end. A command has at most one
/// comparison.
struct pair_row {
  std::string command;
  std::int64_t segment = 0;
  std::int64_t attempt = 0;  ///< which process of the comparison read it
};

/// A key that a comparison found unequal; judging it may take several max-lags.
struct candidate_row {
  std::int64_t id = 0;  ///< given by the store, ascending
  std::string command;
  std::string key_hash;  ///< 16 bytes
  std::string key_json;
  bool source_held = false;  ///< a scan saw the item in the source
};

/// A confirmed mismatch, open or healed, one per key.
struct mismatch_row {
  std::string key_hash;  ///< 16 bytes
  bool open = true;
  std::int64_t confirmed_ms = 0;
  /// A JSON object with a text "kind" and the numbers "changes", "period" and "comparison_ms"; else
  /// verify/finding_book's affair. What another process has made of the row since this one read it
  /// is not lost (state/merged_finding).
  std::string body;
};

/// Open mismatches with the same members in their bodies, counted.
struct open_mismatches_row {
  std::string kind;
  std::int64_t period = 0;
  std::int64_t comparison_ms = 0;
  std::int64_t rows = 0;
  std::int64_t without_changes = 0;  ///< of `rows`
  std::int64_t changes = 0;          ///< that they stand for
};

struct gap_row {
  std::string stream_arn;
  std::string shard_id;
  std::string after_sequence;  ///< last number read before the gap; empty: from the shard's start
  wall_time noticed;
  std::string reason;
  bool cured = false;
};

/// One atomic step. An empty batch is allowed.
struct commit_batch {
  std::vector<shard_row> shards;  ///< upsert by (stream_arn, shard_id)
  std::vector<std::pair<std::string, std::string>> shards_forgotten;  ///< (stream_arn, shard_id)
  std::vector<check_row> checks;  ///< upsert by id; of one that stands there twice the last
  std::vector<std::int64_t> checks_closed;  ///< delete; ids that were never written are fine
  std::vector<deferred_row> deferred;       ///< insert, or add `changes` to the row of the same key
  std::vector<std::string> deferred_taken;  ///< delete by key_hash, before `deferred` is written
  std::vector<mismatch_row> mismatches;     ///< upsert by key_hash
  std::vector<std::string> finding_lines;   ///< appended, numbered 1, 2, 3 … in order
  std::vector<gap_row> gaps;                ///< append
  /// Gaps that go on: the open one of the same stream, shard and reason is noticed now, not
  /// before; appended where there is none.
  std::vector<gap_row> gaps_extended;
  std::optional<std::string> comparison_begun;  ///< command: its pairs and candidates are deleted
  std::vector<pair_row> pairs;                  ///< upsert by (command, segment)
  std::vector<candidate_row> candidates;        ///< append
  std::vector<std::int64_t> candidates_closed;  ///< delete
  /// Marks gaps noticed earlier as cured; the latest such time is the number
  /// `gaps_cured_before_name`.
  std::optional<wall_time> gaps_cured_before;
  std::map<std::string, std::int64_t> numbers;  ///< upsert by name: counters
  std::map<std::string, std::string> values;    ///< upsert by name: settings, sketches, histograms
  /// Written once: a name that is there keeps what it has. Of two processes that begin a state at
  /// the same time the first decides.
  std::map<std::string, std::int64_t> numbers_once;
  std::map<std::string, std::string> values_once;
  [[nodiscard]] bool empty() const;
};

struct snapshot {
  std::vector<shard_row> shards;
  std::vector<check_row> checks;              ///< by ascending id
  std::vector<mismatch_row> open_mismatches;  ///< newest first, at most `open_mismatches_max`
  std::vector<gap_row> gaps;
  std::vector<pair_row> pairs;
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> values;
  std::int64_t deferred_changes = 0;  ///< sum over all deferred rows
  std::int64_t deferred_rows = 0;
  std::int64_t finding_lines = 0;  ///< how many have been committed
  std::int64_t open_mismatches_total = 0;
  std::vector<open_mismatches_row> open_mismatches_by_kind;
};

/// What other commands may have committed meanwhile.
struct news {
  std::map<std::string, std::int64_t> numbers;  ///< of the names asked for
  std::map<std::string, std::string> values;
  std::vector<gap_row> gaps;  ///< all, in the order of snapshot::gaps
};

/// Value: "<how many>:<the last one>" of the finding lines before they were last begun anew.
inline constexpr const char* lines_before_name = "findings.lines_before";
/// Number: the latest commit_batch::gaps_cured_before, Unix ms; it never falls.
inline constexpr const char* gaps_cured_before_name = "gaps.cured_before_ms";

/// Of one stream, the newest of what may be thousands.
struct shard_page {
  std::vector<shard_row> rows;  ///< newest first
  std::int64_t total = 0;       ///< of the stream, those that are not among `rows` too
};

}  // namespace ddm::state
