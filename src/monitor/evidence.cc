#include "monitor/evidence.h"

#include "monitor/unlisted_findings.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using compare::comparison_progress;

/// The newest are kept: an older one is seldom the better evidence.
constexpr std::size_t comparisons_max = 8;

constexpr auto log_name = "coverage.log";

verify::coverage_log log_of(const state::snapshot& state) {
  const auto found = state.values.find(log_name);
  return found == state.values.end() ? verify::coverage_log{}
                                     : verify::coverage_log::decode(found->second);
}

}  // namespace

evidence_book::evidence_book(verify::coverage changes, verify::coverage next,
                             const state::snapshot& resumed)
    : changes_(std::move(changes)), next_(std::move(next)), log_(log_of(resumed)) {
  if (log_.epoch() > 0) {
    // The stream has been read before: what was written since is read with these settings.
    on_stream_begun();
  }
  for (const std::string command : {other_command, "monitor"}) {
    const auto progress = comparison_progress::load(command, resumed.numbers, resumed.values);
    if (progress.begun() && !progress.finished()) {
      unfinished_since_ = std::max(unfinished_since_, progress.started());
    }
    on_finished(progress);
    other_finished_ms_ = command == other_command ? progress.finished_ms : other_finished_ms_;
  }
  std::ranges::sort(finished_, {}, &comparison_progress::started_ms);
}

std::int64_t epoch_at_begin(std::int64_t before, const state::snapshot& now) {
  return evidence_book::epoch_of(now) >= before ? before : 0;
}

std::int64_t evidence_book::epoch_of(const state::snapshot& state) { return log_of(state).epoch(); }

void evidence_book::on_stream_begun() {
  if (!std::exchange(begun_, true)) {
    const auto before = log_.epoch();
    log_.begin(changes_);
    changed_ = log_.epoch() != before;
  }
}

void evidence_book::on_finished(const comparison_progress& finished) {
  const bool after_stream = finished.epoch > 0 && finished.epoch <= log_.epoch();
  if (finished.finished() && finished.started() == unfinished_since_) {
    unfinished_since_ = {};
  }
  if (finished.finished() && after_stream) {
    finished_.push_back(finished);
  }
  if (finished_.size() > comparisons_max) {
    finished_.erase(finished_.begin());
  }
}

bool evidence_book::hear_of(const comparison_progress& other) {
  if (other.begun() && !other.finished()) {
    unfinished_since_ = std::max(unfinished_since_, other.started());
  }
  if (!other.finished() ||
      std::exchange(other_finished_ms_, other.finished_ms) == other.finished_ms) {
    return false;
  }
  on_finished(other);
  return true;
}

report::evidence evidence_book::evidence_of(const comparison_progress& finished,
                                            const freeze_facts& freeze) const {
  const auto arrived_by = freeze.arrived_by();
  // What was compared before a gap may be another table, whichever comparison has cured the gap.
  const bool after_gaps = !freeze.last_gap || finished.started() > *freeze.last_gap;
  return {.changes = log_.weakest_since(finished.epoch),
          .at_rest = finished.covered(),
          .at_rest_suffices = arrived_by && finished.started() >= *arrived_by && after_gaps &&
                              freeze.writes_after == 0};
}

evidence_book::rank evidence_book::rank_of(const comparison_progress& finished,
                                           const freeze_facts& freeze) const {
  const auto weakest = evidence_of(finished, freeze).weakest();
  return {finished.candidates_restless > 0,
          !verify::leaves_out_all_of(changes_.ignored, weakest.ignored), weakest.sample_rate,
          weakest.ignored.size()};
}

const comparison_progress* evidence_book::counting(const freeze_facts& freeze) const {
  const comparison_progress* best = nullptr;
  for (const auto& each : finished_) {
    if (best == nullptr || rank_of(each, freeze) <= rank_of(*best, freeze)) {
      best = &each;
    }
  }
  return best;
}

std::optional<report::evidence> evidence_book::stands_on(const freeze_facts& freeze) const {
  const auto* best = counting(freeze);
  return best == nullptr ? std::nullopt : std::optional(evidence_of(*best, freeze));
}

std::optional<std::string> evidence_book::needs_another(const std::vector<state::gap_row>& gaps,
                                                        const freeze_facts& freeze) const {
  const auto* best = counting(freeze);
  if (best == nullptr) {
    return "none has been made since the stream was first read";
  }
  if (best->candidates_restless > 0) {
    return "keys that changed all the time were not judged by the last one";
  }
  const bool may_cure = next_.covers(changes_);
  const auto gap = std::ranges::find_if(gaps, [&](const state::gap_row& each) {
    return !each.cured && each.noticed < freeze.now &&
           !(freeze.findings_full && is_of_unlisted(each));
  });
  if (may_cure && gap != gaps.end()) {
    return is_counted_only(*gap) ? gap->reason : "changes left the stream before they were read";
  }
  const bool expired_stay = freeze.expired_stay && *freeze.expired_stay < freeze.now;
  if (may_cure && expired_stay && !freeze.findings_full) {
    return "items were only counted as expired while TTL was on, and it is off now";
  }
  const comparison_progress fresh{.started_ms = to_ms(freeze.now),
                                  .sample_rate = static_cast<std::int64_t>(next_.sample_rate),
                                  .epoch = log_.epoch(),
                                  .ignored = verify::join_patterns(next_.ignored)};
  if (rank_of(*best, freeze) < rank_of(fresh, freeze)) {
    return std::nullopt;  // it would not be the one that counts, however often it is made
  }
  const auto stands_on = evidence_of(*best, freeze);
  if (!stands_on.at_rest_suffices && !stands_on.changes.covers(changes_)) {
    return "changes since the last one began were checked with fewer keys or attributes than now";
  }
  if (!stands_on.at_rest.covers(next_)) {
    return "the last one compared fewer keys or attributes";
  }
  const bool frozen = evidence_of(fresh, freeze).at_rest_suffices;
  if (frozen && freeze.settling_missed && !stands_on.at_rest_suffices) {
    return "all was well for too short a time before the freeze: with the source frozen a "
           "comparison needs none";
  }
  if (frozen && freeze.plain_go_wanted && stands_on.weakest().sample_rate > 1 &&
      next_.sample_rate == 1) {
    return "changes were checked of a sample: with the source frozen a comparison of every key "
           "tells of all";
  }
  return std::nullopt;
}

void evidence_book::save(state::commit_batch& batch) {
  if (std::exchange(changed_, false)) {
    batch.values.insert_or_assign(log_name, log_.encode());
  }
}

}  // namespace ddm::monitor
