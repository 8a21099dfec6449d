#include "monitor/baseline.h"

#include "base/log.h"
#include "monitor/gap_cure.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

/// Of a stream or a table that does not answer: a verdict must not wait for them all day.
constexpr int failed_readings_max = 3;

}  // namespace

baseline::baseline(baseline_settings settings, compare::comparer_parts parts, companions with,
                   const state::snapshot& resumed, verify::coverage monitored)
    : settings_(std::move(settings)),
      parts_(parts),
      with_(std::move(with)),
      monitored_(std::move(monitored)),
      evidence_(monitored_,
                verify::coverage::of(settings_.comparer.sample_rate, settings_.comparer.ignored),
                resumed),
      running_(parts_.executor) {
  if (settings_.wanted) {
    resumable_ = unfinished(parts_, resumed);
    if (!resumable_ && parts_.source_export != nullptr) {
      resumable_ = unfinished(scanning_parts(), resumed);  // the export had been given up
    }
  }
}

compare::comparer_parts baseline::scanning_parts() const {
  auto parts = parts_;
  parts.source_export = nullptr;
  return parts;
}

/// What an earlier process began with such parts, if it would still count.
std::unique_ptr<compare::table_comparer> baseline::unfinished(
    const compare::comparer_parts& parts, const state::snapshot& resumed) const {
  auto found = std::make_unique<compare::table_comparer>(settings_.comparer, parts, resumed);
  const bool counts = found->resumes() && evidence_.is_current(found->progress().epoch);
  return counts ? std::move(found) : nullptr;
}

void baseline::observe(const surroundings& around, wall_time now) {
  freeze_ = around.freeze;
  // Before the target is there changes are left to a comparison: to one that begins after that.
  if (around.stream_begun && around.target_ready) {
    evidence_.on_stream_begun();
  }
  if (!around.calm) {
    calm_since_.reset();
  } else if (!calm_since_) {
    calm_since_ = now;
  }
  if (!settings_.wanted || stopping_ || is_under_way() || failed() || !around.target_ready ||
      evidence_.epoch() == 0) {
    return;
  }
  if (resumable_) {
    resume();
    return;
  }
  // With the source frozen there is nothing that more waiting would make calmer.
  const auto arrived_by = freeze_.arrived_by();
  const bool frozen = arrived_by && freeze_.now >= *arrived_by;
  const auto why = needs_another();
  if (!why || !calm_since_ || (!frozen && now - *calm_since_ < settings_.after)) {
    return;
  }
  if (may_use_export()) {
    running_.spawn(begin_with_export());
  } else {
    begin(*why, scanning_parts(), {});
  }
}

void baseline::allow_memory(std::uint64_t bytes) {
  settings_.comparer.memory_bytes_max = bytes;
  if (reading_) {
    reading_->allow_memory(bytes);
  }
  for (auto* comparer : {comparer_.get(), resumable_.get()}) {
    if (comparer != nullptr) {
      comparer->allow_memory(bytes);
    }
  }
}

bool baseline::awaits_another() const {
  return settings_.wanted && !failed() && needs_another().has_value();
}

void baseline::resume() {
  comparer_ = std::move(resumable_);
  log::event(log::level::info, "baseline_resumed", {},
             {{"segments", comparer_->progress().segments},
              {"segments_done", comparer_->progress().segments_done}});
  spawn_run();
}

void baseline::begin(const std::string& why, const compare::comparer_parts& parts,
                     compare::changes_since_export since) {
  comparer_ =
      std::make_unique<compare::table_comparer>(settings_.comparer, parts, state::snapshot{});
  comparer_->begin(std::move(since.keys), evidence_.epoch(), since.standing);
  const auto& progress = comparer_->progress();
  log::event(log::level::info, "baseline_started", "the items at rest are compared: " + why,
             {{"segments", progress.segments},
              {"source", progress.export_arn.empty() ? "scanned" : progress.export_arn},
              {"changed_keys", progress.candidates}});
  spawn_run();
}

/// The comparison's begin is that of the reading: until it ends there is none.
awaitable<void> baseline::begin_with_export() {
  const auto& how = with_.since_export;
  reading_ = std::make_unique<compare::changed_keys>(
      compare::changed_keys::settings{.command = settings_.comparer.command,
                                      .as_of = parts_.source_export->summary.as_of,
                                      .memory_bytes_max = settings_.comparer.memory_bytes_max,
                                      .random_seed = how.random_seed,
                                      .pace = how.pace},
      compare::changed_keys::parts{.executor = parts_.executor,
                                   .time = parts_.time,
                                   .pool = parts_.pool,
                                   .streams = *how.streams,
                                   .decoder = parts_.decoder,
                                   .tables = parts_.source.client,
                                   .table = parts_.source.name});
  auto since = co_await reading_->read();
  reading_.reset();
  if (stopping_ || !since) {
    co_return;
  }
  if (!since->known()) {
    const auto& doubt = *since->standing.withheld;
    // With the source frozen everybody waits.
    export_given_up_ =
        !doubt.passes || ++failed_readings_ == failed_readings_max || freeze_.arrived_by();
    calm_since_.reset();
    log::event(log::level::warning, export_given_up_ ? "export_given_up" : "changed_keys_failed",
               doubt.why + (export_given_up_
                                ? ": the baseline is made without the export, and the source is "
                                  "scanned"
                                : ": that is tried again"),
               {{"export", parts_.source_export->store->describe()}});
    co_return;
  }
  // Another command may have compared meanwhile.
  if (const auto why = needs_another()) {
    begin(*why, parts_, *std::move(since));
  }
}

void baseline::spawn_run() {
  leftovers_done_ = false;
  running_.spawn(run());
}

awaitable<void> baseline::run() {
  if (auto compared = co_await comparer_->run(); !compared) {
    failure_ = std::move(compared.error());
    const auto* otherwise = comparer_->progress().export_arn.empty()
                                ? "a new start tries again"
                                : "a new start tries again, and scans the source if it has no "
                                  "--baseline-export";
    log::event(
        log::level::error, "baseline_failed",
        fmt::format("{}; changes are checked all the same, {}", failure_->describe(), otherwise));
  }
}

std::string baseline::trouble() const {
  if (failure_) {
    return "the items at rest cannot be compared: " + failure_->describe();
  }
  return active() ? comparer_->trouble() : "";
}

void baseline::stop() {
  stopping_ = true;
  if (reading_) {
    reading_->stop();
  }
  if (comparer_) {
    comparer_->stop();
  }
}

awaitable<result<void>> baseline::make_durable() {
  if (comparer_) {
    co_return co_await comparer_->make_durable();
  }
  co_return result<void>{};
}

void baseline::collect(state::commit_batch& batch) {
  evidence_.save(batch);
  if (!active()) {
    return;
  }
  comparer_->collect(batch);
  const auto& progress = comparer_->progress();
  if (!progress.finished()) {
    return;
  }
  evidence_.on_finished(progress);
  log::event(log::level::info, "baseline_finished", {},
             {{"keys", comparer_->view().keys()}, {"unequal", progress.candidates_unequal}});
  cure_gaps(progress, cure_demand::of_monitor(monitored_), with_.gaps.all(), batch);
  with_.findings.unlisted().note_cure(with_.gaps.all(), batch);
}

void baseline::on_committed() {
  if (comparer_ && !active() && !std::exchange(leftovers_done_, true)) {
    comparer_->forget_leftovers();
  }
}

awaitable<result<void>> baseline::refill() {
  if (!active() || with_.checks.behind().behind()) {
    co_return result<void>{};
  }
  verify::outcomes out;
  auto fed = co_await comparer_->feed(with_.checks, out);
  with_.on_outcomes(out);
  co_return fed;
}

void baseline::on_outcomes(const verify::outcomes& out) {
  if (comparer_) {
    comparer_->on_outcomes(out);
  }
}

void baseline::on_only_counted(verify::mismatch_kind kind) {
  if (comparer_) {
    comparer_->on_only_counted(kind);
  }
}

void baseline::tell(report::status& now) const {
  now.compared = view();
  now.unlisted_at_rest =
      now.compared ? with_.findings.unlisted().left_of(now.compared->progress).wrong : 0;
  now.comparing = active();
  now.reading_changes = reading_ != nullptr;
  now.comparison_trouble = trouble();
  now.baseline_complete = complete_since().has_value();
  now.stands_on = stands_on();
}

std::optional<wall_time> baseline::complete_since() const {
  const auto* counting = evidence_.counting(freeze_);
  return counting != nullptr && !is_under_way() ? std::optional(from_ms(counting->finished_ms))
                                                : std::nullopt;
}

std::optional<report::evidence> baseline::stands_on() const {
  return is_under_way() ? std::nullopt : evidence_.stands_on(freeze_);
}

wall_time baseline::unfinished_since() const {
  const auto earlier = evidence_.unfinished_since();
  return active() ? std::max(earlier, comparer_->progress().started()) : earlier;
}

std::optional<compare::comparison_view> baseline::view() const {
  const auto* counting = evidence_.counting(freeze_);
  const bool is_ours =
      comparer_ && counting != nullptr && comparer_->progress().started_ms == counting->started_ms;
  if (comparer_ && (counting == nullptr || active() || is_ours)) {
    return comparer_->view();
  }
  if (resumable_) {
    return resumable_->view();
  }
  if (counting != nullptr) {
    return compare::comparison_view{.progress = *counting, .seen = counting->scanned};
  }
  return std::nullopt;
}

}  // namespace ddm::monitor
