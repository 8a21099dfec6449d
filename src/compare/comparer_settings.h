// What a comparison is made with, and whether one that has begun goes on with it.
#pragma once

#include "compare/comparison_progress.h"
#include "compare/worker_share.h"
#include "compare/worker_step.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ddm::compare {

struct comparer_settings {
  std::string command;        ///< whose comparison it is: "compare", "monitor"
  std::string leftover_path;  ///< beside the state file
  /// Nothing: what the unfinished comparison has, else as many as suit the tables' sizes.
  std::optional<std::uint32_t> segments;
  std::uint64_t table_bytes = 0;     ///< of the larger table, up to 6 h old
  std::uint64_t expected_items = 0;  ///< of both tables
  std::uint64_t sample_rate = 1;
  std::string ignored;                            ///< patterns, comma-separated
  std::uint64_t memory_bytes_max = 384ULL << 20;  ///< for joins and leftovers
  std::size_t pairs_in_flight = 4;
  /// Only shows what the state has, finished or not: nothing is begun, or to be run.
  bool as_it_is = false;
  worker_share share;
  /// A pair is where another host finds it before the next one begins (comparer_parts::keep).
  bool keeps_each_pair = false;
  worker_step step = worker_step::all;
  std::string exchange_folder;  ///< for the two steps; empty: leftovers are not passed on
  std::string exchange_name;    ///< whose comparison it is, in that folder
  std::int64_t array_id = 0;    ///< of a comparison that is prepared for workers
  std::int64_t log_id = 0;      ///< of a worker's process that passes on leftovers: given once
};

/// Those that are asked for, else as many as suit the tables' sizes and the workers.
[[nodiscard]] std::uint32_t segments_for(const comparer_settings& settings);

/// Tells the leftovers of a comparison from those of another one.
[[nodiscard]] std::uint64_t mark_of(const comparison_progress& progress);
/// Of the present attempt. Where workers pass on what is left over it is nearly everything: it lies
/// with the rest of that, not in the copies of a state.
[[nodiscard]] std::string leftover_path_of(const comparer_settings& settings,
                                           const comparison_progress& progress);

/// What has begun and not finished, with the same settings; `export_arn` empty: a scan.
[[nodiscard]] bool is_continued_by(const comparer_settings& settings, const std::string& export_arn,
                                   const comparison_progress& progress);
/// What its finished segments have left over is there, as far as it is still needed.
[[nodiscard]] bool has_leftovers(const comparer_settings& settings,
                                 const comparison_progress& progress);

}  // namespace ddm::compare
