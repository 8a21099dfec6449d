#include "monitor/session.h"

#include "base/log.h"
#include "monitor/findings_flow.h"
#include "report/derive.h"
#include "report/stored_status.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace ddm::monitor {
namespace {

/// A commit that takes longer than this holds up reading: the disk sets the pace then.
constexpr std::chrono::seconds slow_commit{3};
constexpr std::chrono::seconds status_age_max{1};
/// However seldom blocks are shown.
constexpr milliseconds record_interval_max{30'000};

report::verdict verdict_of(report::status figures) {
  report::derive(figures);
  return std::move(figures.verdict);
}

}  // namespace

void session_part::start(task_group& /*tasks*/) {}

awaitable<void> session_part::join() { co_return; }

awaitable<result<void>> session_part::hear_out() { co_return result<void>{}; }

awaitable<result<void>> session_part::make_durable() { co_return result<void>{}; }

awaitable<result<void>> session_part::refill() { co_return result<void>{}; }

session::session(session_rhythm rhythm, session_surroundings around)
    : rhythm_(rhythm),
      around_(std::move(around)),
      background_(around_.executor),
      started_at_(around_.time.now()),
      verdict_since_(started_at_) {}

awaitable<result<void>> session::run(std::function<awaitable<void>()> until_over) {
  if (!failure_) {
    around_.store.let_commits_wait(!stop_requested_);
    for (auto* part : parts_) {
      part->start(background_);
    }
    background_.spawn(commit_regularly());
    background_.spawn(show_blocks());
    if (around_.watch.on_second) {
      background_.spawn(show_seconds());
    }
    co_await until_over();
    around_.store.let_commits_wait(false);
    for (auto* part : parts_ | std::views::reverse) {
      part->stop();
    }
    for (auto* part : parts_ | std::views::reverse) {
      co_await part->join();
    }
    background_.cancel();
    co_await background_.join();
    for (auto* part : parts_) {
      part->finish();
    }
    if (auto committed = co_await commit_at_the_end(); !committed) {
      fail_with(std::move(committed.error()));
    }
  }
  ended_ = true;
  if (failure_) {
    co_return fail(*failure_);
  }
  co_return result<void>{};
}

void session::request_stop() {
  stop_requested_ = true;
  around_.store.let_commits_wait(false);
  may_be_over_.notify();
}

void session::abandon() {
  abandoned_ = true;
  request_stop();
}

void session::fail_with(error failure) {
  if (!failure_) {
    failure_ = std::move(failure);
  }
  request_stop();
}

awaitable<result<void>> session::commit_now() {
  if (abandoned_) {
    co_return fail(error_class::cancelled, "the session was abandoned");
  }
  for (auto* part : parts_) {
    if (auto durable = co_await part->make_durable(); !durable) {
      co_return durable;
    }
  }
  ++commits_begun_;
  state::commit_batch batch;
  for (auto* part : parts_) {
    part->collect(batch);
  }
  if (around_.watch.collect) {
    around_.watch.collect(batch);
  }
  record_status(batch);
  commit_since_ = around_.time.now();
  auto committed = co_await commit_with_findings(around_.store, around_.findings, std::move(batch));
  commit_since_.reset();
  commit_ended_.notify();
  if (committed) {
    committed_at_ = around_.time.now();
    for (auto* part : parts_) {
      part->on_committed();
    }
  }
  co_return committed;
}

awaitable<result<void>> session::commit_and_refill() {
  if (auto committed = co_await commit_now(); !committed) {
    co_return committed;
  }
  for (auto* part : parts_) {
    if (auto refilled = co_await part->refill(); !refilled) {
      co_return refilled;
    }
  }
  for (auto* part : parts_) {
    part->on_refilled();
  }
  co_return result<void>{};
}

awaitable<void> session::commit_regularly() {
  auto known = commit_wanted_.count();
  for (bool at_once = rhythm_.commits_at_once;; at_once = false) {
    if (!at_once) {
      co_await commit_wanted_.wait_until(known, around_.time,
                                         around_.time.now() + rhythm_.commit_interval);
    }
    known = commit_wanted_.count();
    if (auto done = co_await commit_and_refill(); !done) {
      fail_with(std::move(done.error()));
      co_return;
    }
  }
}

awaitable<result<void>> session::commit_at_the_end() {
  if (auto committed = co_await commit_now(); !committed) {
    co_return committed;
  }
  for (auto* part : parts_) {
    if (auto heard = co_await part->hear_out(); !heard) {
      co_return heard;
    }
  }
  // The last word, with what was heard.
  ended_ = true;
  auto committed = co_await commit_now();
  if (committed && around_.findings != nullptr && !around_.findings->waits_for_room().empty()) {
    committed = fatal(around_.findings->waits_for_room());
  }
  co_return committed;
}

std::string session::unsaved_because() const {
  const auto of_state = around_.store.waits_for_room();
  return of_state.empty() && around_.findings != nullptr ? around_.findings->waits_for_room()
                                                         : of_state;
}

void session::note_room() {
  const auto why = unsaved_because();
  if (std::exchange(noted_no_room_, !why.empty()) != why.empty()) {
    return;
  }
  log::event(why.empty() ? log::level::info : log::level::error,
             why.empty() ? "room_again" : "no_room",
             why.empty() ? "what is seen is saved again" : why);
}

/// Last of all parts: what they collect may change what they tell.
void session::record_status(state::commit_batch& batch) {
  const auto& now = latest_status();
  // What the rows of this batch say is read together with the figures.
  const bool tells_more =
      !batch.mismatches.empty() || !batch.gaps.empty() || batch.gaps_cured_before;
  const bool due = ended_ || !recorded_at_ || now.at - *recorded_at_ >= record_interval_max ||
                   now.verdict.kind != recorded_verdict_ || tells_more;
  if (due) {
    auto recorded = figures();
    recorded.verdict = verdict_of(recorded);
    if (recorded.verdict.kind != now.verdict.kind) {
      recorded.verdict_since = recorded.at;
    }
    recorded_at_ = recorded.at;
    recorded_verdict_ = recorded.verdict.kind;
    recorded.ended = ended_ && !around_.end_follows;
    batch.values.insert_or_assign(report::stored_status_name(around_.command),
                                  report::encode_figures(recorded));
  }
}

awaitable<result<void>> session::record_end(const std::optional<error>& failure) {
  auto last = figures();
  last.ended = true;
  if (last.failure.empty() && failure) {
    last.failure = failure->describe();
  }
  state::commit_batch batch;
  last.verdict = verdict_of(last);
  if (latest_ && latest_->verdict.kind != last.verdict.kind) {
    last.verdict_since = last.at;
  }
  batch.values.emplace(report::stored_status_name(around_.command), report::encode_figures(last));
  co_return co_await around_.store.commit(std::move(batch));
}

awaitable<void> session::await_slow_commit() {
  while (commit_since_ && around_.time.now() - *commit_since_ > slow_commit) {
    if (!std::exchange(warned_of_slow_disk_, true)) {
      log::event(log::level::warning, "slow_disk",
                 "a commit to the state file takes long: reading waits for it");
    }
    co_await commit_ended_.wait();
  }
}

awaitable<void> session::show_seconds() {
  for (;;) {
    co_await around_.time.sleep_for(status_age_max);
    around_.watch.on_second(latest_status());
  }
}

awaitable<void> session::show_blocks() {
  for (;;) {
    co_await around_.time.sleep_for(rhythm_.stats_interval);
    for (auto* part : parts_) {
      part->on_interval();
    }
    if (around_.watch.on_block) {
      around_.watch.on_block(take_status());
    }
  }
}

report::status session::figures() const {
  report::status now;
  now.at = around_.time.now();
  now.running = now.at - started_at_;
  now.ended = ended_;
  now.failure = failure_ ? failure_->describe() : std::string();
  now.unsaved_because = unsaved_because();
  now.committed_at = committed_at_;
  now.verdict_since = verdict_since_;
  now.about.started = started_at_;
  now.about.command = around_.command;
  if (around_.watch.tell) {
    around_.watch.tell(now);
  }
  for (const auto* part : parts_) {
    part->tell(now);
  }
  return now;
}

report::status session::status() const {
  auto now = figures();
  report::derive(now);
  if (latest_ && latest_->verdict.kind != now.verdict.kind) {
    now.verdict_since = now.at;
  }
  return now;
}

const report::status& session::take_status() {
  note_room();
  latest_ = status();
  verdict_since_ = latest_->verdict_since;
  return *latest_;
}

const report::status& session::latest_status() {
  const bool fresh = latest_ && around_.time.now() - latest_->at < status_age_max;
  return fresh ? *latest_ : take_status();
}

}  // namespace ddm::monitor
