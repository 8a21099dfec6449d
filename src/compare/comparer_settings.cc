#include "compare/comparer_settings.h"

#include "compare/exchange.h"
#include "compare/leftover_file.h"

#include <algorithm>

namespace ddm::compare {
namespace {

/// A finished segment is never read again: small ones make a restart cheap, and also a store fast
/// that pages through a segment slowly.
constexpr std::uint64_t segment_bytes = 32ULL << 20;
constexpr std::uint64_t segments_min = 64;
constexpr std::uint64_t segments_max = 100'000;
/// Segments for each worker: some are larger than others, and who dies repeats one.
constexpr std::uint64_t segments_of_worker = 16;

/// There is something left to scan or to join.
bool needs_leftovers(const comparison_progress& progress) {
  return progress.leftovers_go() != passing_on::done &&
         (!progress.all_scanned() || !progress.all_joined());
}

}  // namespace

std::uint32_t segments_for(const comparer_settings& settings) {
  const auto workers = static_cast<std::uint64_t>(settings.share.workers);
  const auto least = std::max(segments_min, segments_of_worker * workers);
  const auto suitable =
      std::clamp(settings.table_bytes / segment_bytes, least, std::max(least, segments_max));
  return settings.segments.value_or(static_cast<std::uint32_t>(suitable));
}

std::uint64_t mark_of(const comparison_progress& progress) {
  return static_cast<std::uint64_t>(progress.array_id != 0 ? progress.array_id
                                                           : progress.started_ms);
}

std::string leftover_path_of(const comparer_settings& settings,
                             const comparison_progress& progress) {
  return settings.step == worker_step::all
             ? settings.leftover_path
             : exchange(settings.exchange_folder, progress).log_path(progress.log_id);
}

bool is_continued_by(const comparer_settings& settings, const std::string& export_arn,
                     const comparison_progress& progress) {
  const bool same_segments =
      !settings.segments || *settings.segments == static_cast<std::uint64_t>(progress.segments);
  return progress.begun() && !progress.finished() && same_segments &&
         static_cast<std::uint64_t>(progress.sample_rate) == settings.sample_rate &&
         progress.share() == settings.share && progress.ignored == settings.ignored &&
         progress.export_arn == export_arn;
}

bool has_leftovers(const comparer_settings& settings, const comparison_progress& progress) {
  if (!needs_leftovers(progress)) {
    return true;
  }
  const auto mark = mark_of(progress);
  if (settings.exchange_folder.empty()) {
    return leftover_file::holds(settings.leftover_path,
                                static_cast<std::uint64_t>(progress.leftover_bytes), mark);
  }
  const exchange between(settings.exchange_folder, progress);
  return std::ranges::all_of(logs_of(progress), [&](const counted_log& log) {
    return leftover_file::holds(between.log_path(log.id), log.bytes, mark);
  });
}

}  // namespace ddm::compare
