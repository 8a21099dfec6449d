// What must be true of the monitor once nobody writes any more.
#include "simulation/referee.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ddm::simulation {

using support::same_item;

bool referee::is_covered(const item_position& key) {
  const shard_story* shard = nullptr;
  const auto* record = truth_.newest_record(key, &shard);
  return record != nullptr && !record->lost && record->checked_in &&
         standing_of(*shard, *record) == standing::counts &&
         (scenario_.world.create_target || (target_ready_ && record->created > *target_ready_));
}

const referee::finding* referee::open_finding(const key_story& story) const {
  const auto found = findings_.find(story.key_json);
  return found != findings_.end() && found->second.open ? &found->second : nullptr;
}

std::vector<std::string> referee::wrong_findings() {
  std::vector<std::string> wrong;
  for (const auto& [position, story] : truth_.keys()) {
    const auto* open = open_finding(story);
    if (same_item(story.source_now(), story.target_now())) {
      if (open != nullptr) {
        wrong.push_back(fmt::format("open although both tables agree: {} {}", story.key_json,
                                    to_string(open->kind)));
      }
    } else if (open == nullptr && !story.seen_arrived && is_covered(position) &&
               !same_but_for(ignored_for(position), story.source_now(), story.target_now())) {
      wrong.push_back("missed: " + story.key_json + history_of(story));
    }
  }
  return wrong;
}

/// What the newest change of a key was checked without, and what is ignored now.
std::set<std::string> referee::ignored_for(const item_position& key) const {
  auto ignored = go_.checkings.back().ignored;
  if (const auto* record = truth_.newest_record(key); record != nullptr && record->checked_in) {
    ignored.merge(std::set(go_.checkings.at(*record->checked_in).ignored));
  }
  return ignored;
}

bool referee::everything_is_read() const {
  return std::ranges::all_of(truth_.shards(), [&](const auto& each) {
    const auto& shard = each.second;
    return shard.records.empty() || shard.records.back().lost ||
           standing_of(shard, shard.records.back()) != standing::counts ||
           was_committed(shard, shard.records.back());
  });
}

bool referee::is_settled() {
  return everything_is_read() && open_checks_.empty() && deferred_.empty() &&
         !(scenario_.at_rest && verdict_is_due()) && wrong_findings().empty();
}

void referee::examine_end() {
  if (!open_checks_.empty() || !deferred_.empty()) {
    accuse(fmt::format("without outcome at the end: {} checks, {} deferred keys",
                       open_checks_.size(), deferred_.size()));
  }
  for (auto& [id, shard] : truth_.shards()) {
    for (auto& record : shard.records) {
      if (!record.lost && standing_of(shard, record) == standing::counts &&
          !was_committed(shard, record)) {
        accuse(fmt::format("never read: record {} of shard {}, created {}",
                           support::to_decimal(record.sequence), id,
                           format_rfc3339(record.created)));
        break;
      }
    }
  }
  for (auto& wrong : wrong_findings()) {
    accuse(std::move(wrong));
  }
  examine_gaps();
  if (scenario_.at_rest) {
    examine_baseline();
  }
}

bool referee::has_uncured_gap() const {
  return std::ranges::any_of(gaps_, [](const state::gap_row& gap) { return !gap.cured; });
}

/// Nothing is written any more: the tables have been compared, again where a gap asked for it, and
/// WAIT has nothing to wait for. Keys that were never at rest are judged by no comparison.
bool referee::verdict_is_due() const {
  if (last_.compared &&
      static_cast<std::uint64_t>(last_.compared->progress.sample_rate) > last_.sample_rate) {
    return !last_.baseline_complete;  // it cures no gap
  }
  return !last_.baseline_complete || has_uncured_gap() ||
         (last_.verdict.kind == report::verdict_kind::wait &&
          !(last_.compared && last_.compared->progress.candidates_restless > 0));
}

/// Stream and comparison together reach every key. Out of reach is only what the target does by
/// itself after it was seen to be right, and, without the source's stream, what the source does.
void referee::examine_baseline() {
  if (verdict_is_due()) {
    accuse(fmt::format("the verdict still waits: {}", fmt::join(last_.verdict.reasons, "; ")));
    return;
  }
  // Scans read with eventual consistency.
  const auto coverage = coverage_of(go_, last_.at);
  if (!coverage) {
    accuse("no comparison has ended");
    return;
  }
  const auto began = last_.compared->progress.started() - scenario_.read_lag_max;
  const auto last_change = [](const std::vector<version>& versions) {
    return versions.empty() ? wall_time::min() : versions.back().at;
  };
  for (const auto& [position, story] : truth_.keys()) {
    const auto in_source = last_change(story.source);
    const auto in_target = last_change(story.target);
    const bool at_rest = in_source < began && in_target < began;
    const bool by_itself = in_target >= began && in_target >= in_source;
    const bool in_reach = at_rest || (forward_ && !story.seen_arrived && !by_itself);
    if (in_reach && open_finding(story) == nullptr &&
        !same_but_for(coverage->ignored, story.source_now(), story.target_now()) &&
        sample_has(position, coverage->sample_rate)) {
      accuse("missed by stream and comparison: " + story.key_json + history_of(story));
    }
  }
}

/// A gap speaks for its shard, for the ancestors that came and went unseen, and for
/// what the children of a lost shard had lost with it; for all that followed, if it says so.
bool referee::speaks_for(const state::gap_row& gap, const shard_story& shard) const {
  const auto* at = truth_.shard(gap.shard_id);
  while (at != nullptr && at->id != shard.id) {
    at = at->parent ? truth_.shard(*at->parent) : nullptr;
  }
  if (at != nullptr || shard.parent == gap.shard_id) {
    return true;
  }
  const bool for_all_that_followed = gap.reason.contains("what followed this shard");
  const auto* ancestor = &shard;
  while (for_all_that_followed && ancestor != nullptr && ancestor->id != gap.shard_id) {
    ancestor = ancestor->parent ? truth_.shard(*ancestor->parent) : nullptr;
  }
  return for_all_that_followed && ancestor != nullptr;
}

/// A gap without a shard is the time between two streams of the table, as its reason says: by the
/// service's clock, by which the records are dated, or by ours.
bool referee::was_off_at(wall_time moment) const {
  const auto ahead = std::max(milliseconds{0}, scenario_.clock_skew);
  const auto behind = std::max(milliseconds{0}, -scenario_.clock_skew);
  return std::ranges::any_of(gaps_, [&](const state::gap_row& gap) {
    constexpr std::string_view before = "between ";
    constexpr std::string_view middle = " and ";
    const auto from = gap.reason.find(before);
    const auto until = gap.reason.find(middle, from);
    const auto end = gap.reason.find(' ', until + middle.size());
    if (!gap.shard_id.empty() || end == std::string::npos) {
      return false;
    }
    const auto first =
        parse_rfc3339(gap.reason.substr(from + before.size(), until - from - before.size()));
    const auto last =
        parse_rfc3339(gap.reason.substr(until + middle.size(), end - until - middle.size()));
    return last && (!first || *first <= moment + ahead) && moment <= *last + behind;
  });
}

void referee::examine_gaps() {
  if (!something_forgotten_ && !gaps_.empty()) {
    accuse(fmt::format("a gap is reported although nothing was forgotten: shard {}: {}",
                       gaps_.front().shard_id, gaps_.front().reason));
  }
  for (const auto& [id, shard] : truth_.shards()) {
    const bool has_lost = std::ranges::any_of(shard.records, [&](const written_record& record) {
      return record.lost && standing_of(shard, record) == standing::counts &&
             !was_off_at(record.created);
    });
    const bool reported = std::ranges::any_of(
        gaps_, [&](const state::gap_row& gap) { return speaks_for(gap, shard); });
    if (has_lost && !reported) {
      accuse("lost without a reported gap: records of shard " + id);
    }
  }
}

}  // namespace ddm::simulation
