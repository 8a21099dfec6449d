#include "monitor/baseline.h"

#include "base/log.h"
#include "monitor/gap_cure.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using compare::comparison_progress;

constexpr auto stream_began_name = "stream.began_ms";

}  // namespace

baseline::baseline(baseline_settings settings, compare::comparer_parts parts,
                   const state::snapshot& resumed, std::uint64_t monitored_rate)
    : settings_(std::move(settings)),
      parts_(parts),
      monitored_rate_(monitored_rate),
      running_(parts_.executor) {
  const auto began = resumed.numbers.find(stream_began_name);
  stream_began_is_new_ = began == resumed.numbers.end();
  stream_began_ms_ = stream_began_is_new_ ? to_ms(parts_.time.now()) : began->second;
  for (const std::string command : {"compare", "monitor"}) {
    auto found = comparison_progress::load(command, resumed.numbers, resumed.values);
    if (counts(found) && found.started_ms > last_.started_ms) {
      last_ = std::move(found);
    }
  }
  if (settings_.wanted) {
    resumable_ = std::make_unique<compare::table_comparer>(settings_.comparer, parts_, resumed);
    if (!resumable_->resumes()) {
      resumable_.reset();
    }
  }
}

/// Finished, begun after the stream was first read, and of all keys that the stream's sample has.
bool baseline::counts(const comparison_progress& finished) const {
  return finished.finished() && finished.started_ms >= stream_began_ms_;
}

bool baseline::is_needed(const std::vector<state::gap_row>& gaps) const {
  return !last_.finished() || std::ranges::any_of(gaps, [&](const state::gap_row& gap) {
    return !gap.cured && gap.noticed >= last_.started();
  });
}

void baseline::observe(bool calm, bool target_ready, const std::vector<state::gap_row>& gaps,
                       wall_time now) {
  if (!calm) {
    calm_since_.reset();
  } else if (!calm_since_) {
    calm_since_ = now;
  }
  if (!settings_.wanted || stopping_ || active() || failed() || !target_ready) {
    return;
  }
  if (resumable_) {
    start(false);
  } else if (calm_since_ && now - *calm_since_ >= settings_.after && is_needed(gaps)) {
    start(true);
  }
}

void baseline::start(bool anew) {
  comparer_ = anew ? std::make_unique<compare::table_comparer>(settings_.comparer, parts_,
                                                               state::snapshot{})
                   : std::move(resumable_);
  if (anew) {
    comparer_->begin({});
  }
  leftovers_done_ = false;
  const auto& progress = comparer_->progress();
  log::event(log::level::info, "baseline_started", {},
             {{"segments", progress.segments}, {"segments_done", progress.segments_done}});
  running_.spawn(run());
}

awaitable<void> baseline::run() {
  if (auto compared = co_await comparer_->run(); !compared) {
    failure_ = std::move(compared.error());
    log::event(
        log::level::error, "baseline_failed",
        failure_->describe() + "; changes are checked all the same, a new start tries again");
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

void baseline::collect(state::commit_batch& batch, std::vector<state::gap_row>& gaps) {
  if (std::exchange(stream_began_is_new_, false)) {
    batch.numbers.emplace(stream_began_name, stream_began_ms_);
  }
  if (!active()) {
    return;
  }
  comparer_->collect(batch);
  const auto& progress = comparer_->progress();
  if (!progress.finished()) {
    return;
  }
  last_ = progress;
  log::event(log::level::info, "baseline_finished", {},
             {{"keys", comparer_->view().keys()}, {"unequal", progress.candidates_unequal}});
  cure_gaps(progress, monitored_rate_, gaps, batch);
}

void baseline::on_committed() {
  if (comparer_ && !active() && !std::exchange(leftovers_done_, true)) {
    comparer_->forget_leftovers();
  }
}

awaitable<result<void>> baseline::feed(verify::pending_checks& checks, verify::outcomes& out) {
  if (active()) {
    co_return co_await comparer_->feed(checks, out);
  }
  co_return result<void>{};
}

void baseline::on_outcomes(const verify::outcomes& out) {
  if (comparer_) {
    comparer_->on_outcomes(out);
  }
}

std::optional<wall_time> baseline::complete_since() const {
  return last_.finished() && !active() ? std::optional(from_ms(last_.finished_ms)) : std::nullopt;
}

std::optional<compare::comparison_view> baseline::view() const {
  if (comparer_) {
    return comparer_->view();
  }
  if (last_.finished()) {
    return compare::comparison_view{.progress = last_, .seen = last_.scanned};
  }
  return std::nullopt;
}

}  // namespace ddm::monitor
