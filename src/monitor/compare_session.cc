#include "monitor/compare_session.h"

#include "base/log.h"
#include "monitor/evidence.h"
#include "monitor/findings_flow.h"
#include "monitor/gap_cure.h"
#include "monitor/prices.h"
#include "monitor/session_state.h"
#include "state/stored.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr milliseconds commit_interval{500};
constexpr std::size_t newest_shown = 5;

constexpr auto source_units_name = "comparison.compare.consumed_source_milliunits";
constexpr auto target_units_name = "comparison.compare.consumed_target_milliunits";

double units_of(const state::snapshot& state, const char* name) {
  return static_cast<double>(state::stored_or(state.numbers, name)) / 1000;
}

verify::coverage monitored_by(const state::snapshot& state) {
  const auto period = load_period(state);
  return verify::coverage::of(period.sample_rate, period.ignored);
}

verify::check_settings without_stream(verify::check_settings checks) {
  checks.follows_stream = false;
  return checks;
}

}  // namespace

compare_session::compare_session(compare_settings settings, compare_parts parts,
                                 const state::snapshot& resumed)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      monitored_(monitored_by(resumed)),
      findings_(settings_.findings),
      finding_news_(parts_.store, findings_, parts_.decoder, resumed),
      unlisted_(settings_.comparer.command, findings_, resumed),
      log_(settings_.findings.hash_keys),
      checks_(without_stream(settings_.checks)),
      verifier_(settings_.verifier, parts_.executor, parts_.time, parts_.pool, parts_.decoder,
                parts_.source, parts_.target, checks_, findings_, events()),
      comparer_(settings_.comparer,
                {.executor = parts_.executor,
                 .time = parts_.time,
                 .pool = parts_.pool,
                 .decoder = parts_.decoder,
                 .source = parts_.source,
                 .target = parts_.target,
                 .store = parts_.store},
                resumed),
      gaps_(resumed.gaps),
      resumes_(comparer_.resumes() && !settings_.fresh),
      comparing_(parts_.executor),
      background_(parts_.executor),
      started_at_(parts_.time.now()) {
  auto open = restore_findings(resumed, findings_);
  if (!open) {
    fail_with(std::move(open.error()));
    return;
  }
  found_earlier_ = std::move(*open);
  if (resumes_) {
    source_units_before_ = units_of(resumed, source_units_name);
    target_units_before_ = units_of(resumed, target_units_name);
  } else {
    comparer_.begin(keys_found_earlier(), evidence_book::epoch_of(resumed));
  }
}

/// What an earlier run found wrong is judged anew, whatever the scans say: the result of this
/// comparison must not rest on an old look.
std::vector<state::candidate_row> compare_session::keys_found_earlier() const {
  std::vector<state::candidate_row> rows;
  rows.reserve(found_earlier_.size());
  for (const auto& entry : found_earlier_) {
    rows.push_back({.command = settings_.comparer.command,
                    .key_hash = entry.key.hash.bytes(),
                    .key_json = entry.key.json,
                    .source_held = entry.kind == verify::mismatch_kind::undeleted ||
                                   entry.source_digest.has_value()});
  }
  return rows;
}

awaitable<result<void>> compare_session::run() {
  if (!failure_) {
    comparing_.spawn(compare());
    background_.spawn(verifier_.run());
    background_.spawn(commit_regularly());
    background_.spawn(show_blocks());
    while (!stop_requested_ && !comparer_.progress().finished()) {
      co_await may_be_over_.wait();
    }
    comparer_.stop();
    if (!comparer_.progress().finished()) {
      parts_.source.drain();
      parts_.target.drain();
    }
    co_await comparing_.join();
    co_await verifier_.finish_in_flight();
    background_.cancel();
    co_await background_.join();
    log_lines(log_.finish());
    auto committed = co_await commit_now();
    if (committed) {
      committed = co_await finding_news_.hear_out(commits_begun_);
    }
    if (committed) {
      committed = co_await hear_of_monitor();
    }
    if (committed && findings_.is_dirty()) {
      committed = co_await commit_now();
    }
    if (!committed) {
      fail_with(std::move(committed.error()));
    } else if (comparer_.progress().finished() && !abandoned_) {
      comparer_.forget_leftovers();
    }
  }
  ended_ = true;
  if (failure_) {
    co_return fail(*failure_);
  }
  co_return result<void>{};
}

void compare_session::request_stop() {
  stop_requested_ = true;
  may_be_over_.notify();
}

void compare_session::abandon() {
  abandoned_ = true;
  request_stop();
}

void compare_session::fail_with(error failure) {
  if (!failure_) {
    failure_ = std::move(failure);
  }
  request_stop();
}

awaitable<void> compare_session::compare() {
  if (auto compared = co_await comparer_.run(); !compared) {
    fail_with(std::move(compared.error()));
  }
}

awaitable<void> compare_session::commit_regularly() {
  for (;;) {
    log_lines(log_.on_time(parts_.time.now()));
    auto committed = co_await commit_and_hear();
    if (committed) {
      verify::outcomes out;
      committed = co_await comparer_.feed(checks_, out);
      comparer_.on_outcomes(out);
    }
    if (committed && parts_.time.now() >= news_due_) {
      news_due_ = parts_.time.now() + news_interval;
      committed = co_await hear_of_monitor();
    }
    if (!committed) {
      fail_with(std::move(committed.error()));
      co_return;
    }
    verifier_.wake();
    may_be_over_.notify();
    co_await parts_.time.sleep_for(commit_interval);
  }
}

awaitable<result<void>> compare_session::commit_and_hear() {
  if (auto committed = co_await commit_now(); !committed) {
    co_return committed;
  }
  const auto heard = co_await finding_news_.hear(commits_begun_);
  co_return heard ? result<void>{} : fail(heard.error());
}

awaitable<result<void>> compare_session::commit_now() {
  if (abandoned_) {
    co_return result<void>{};
  }
  ++commits_begun_;
  if (auto durable = co_await comparer_.make_durable(); !durable) {
    co_return durable;
  }
  state::commit_batch batch;
  const bool was_finished = comparer_.progress().finished();
  unlisted_.collect(comparer_.progress().started(), gaps_, batch);
  comparer_.collect(batch);
  const auto& progress = comparer_.progress();
  if (progress.finished() && !was_finished) {
    cure_gaps(progress, monitored_, gaps_, batch);
    unlisted_.note_cure(gaps_, batch);
  }
  findings_.take_dirty(batch.mismatches, batch.finding_lines);
  batch.numbers.emplace(source_units_name, std::llround(source_units() * 1000));
  batch.numbers.emplace(target_units_name, std::llround(target_units() * 1000));
  co_return co_await commit_with_findings(parts_.store, parts_.findings, std::move(batch));
}

/// Its gaps, and what it has only counted, as of the last commit of this one.
awaitable<result<void>> compare_session::hear_of_monitor() {
  if (abandoned_) {
    co_return result<void>{};
  }
  const auto news = co_await parts_.store.news_of(unlisted_book::heard_prefixes());
  if (!news) {
    co_return fail(news.error());
  }
  unlisted_.hear(*news, {}, gaps_);
  co_return result<void>{};
}

awaitable<void> compare_session::show_blocks() {
  for (;;) {
    co_await parts_.time.sleep_for(settings_.stats_interval);
    if (parts_.on_block) {
      parts_.on_block(status());
    }
  }
}

verify::verifier_events compare_session::events() {
  return {.on_outcomes = [this](verify::outcomes&& out) { comparer_.on_outcomes(out); },
          .on_mismatch = [this](verify::mismatch&& entry) { note_mismatch(std::move(entry)); },
          .on_success = [](const dynamodb::item_key&) {},
          .on_healed =
              [this](const dynamodb::item_key& key, std::int64_t changes) {
                log_lines(log_.on_healed(key, changes, parts_.time.now()));
              },
          .on_denied = [this](error failure) { fail_with(std::move(failure)); }};
}

void compare_session::note_mismatch(verify::mismatch entry) {
  const auto now = parts_.time.now();
  entry.comparison_ms = comparer_.progress().started_ms;
  if (findings_.lists(entry)) {
    log_lines(log_.on_mismatch(entry, now));
  } else {
    comparer_.on_only_counted(entry.kind);
  }
  findings_.on_confirmed(std::move(entry), now);
}

double compare_session::source_units() const {
  return source_units_before_ + parts_.source.consumed_units;
}

double compare_session::target_units() const {
  return target_units_before_ + parts_.target.consumed_units;
}

/// Candidates are its checks.
void compare_session::count_checks(report::status& now) const {
  const auto& progress = now.compared->progress;
  auto& checks = now.checks;
  now.pending = progress.candidates_open();
  checks.sampled = progress.candidates;
  checks.verified = progress.candidates_equal;
  checks.failed_unlisted = unlisted_.left_of(progress).all;
  checks.failed = std::min(
      progress.candidates_unequal,
      now.mismatches.of_comparisons_since(progress.started_ms).all + checks.failed_unlisted);
  checks.healed = progress.candidates_unequal - checks.failed;
  checks.superseded = progress.candidates_closed - checks.verified - progress.candidates_unequal;
  checks.equal_by_ignoring = now.compared->seen.equal_by_ignoring;
}

report::status compare_session::status() const {
  report::status now;
  now.at = parts_.time.now();
  now.running = now.at - started_at_;
  now.phase = report::phase::baseline;
  now.follows_stream = false;
  now.compared = comparer_.view();
  const auto& progress = now.compared->progress;
  now.sample_rate = static_cast<std::uint64_t>(progress.sample_rate);
  now.keys_checked = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.compared->keys()));
  now.check_bytes = checks_.bytes();
  now.mismatches = findings_.counts();
  now.unlisted = unlisted_.by_kind();
  now.unlisted_at_rest = unlisted_.left_of(progress).wrong;
  count_checks(now);
  now.success_at_rest = report::success_at_rest(now);
  now.newest = findings_.newest(newest_shown);
  if (settings_.findings.hash_keys) {
    for (auto& entry : now.newest) {
      entry.key.json = entry.key.hash.hex();
    }
  }
  now.gaps = gaps_;
  now.source_units = source_units();
  now.target_units = target_units();
  now.usd = (now.source_units + now.target_units) * usd_per_read_unit;
  now.troubles = verifier_.troubles();
  if (auto trouble = comparer_.trouble(); !trouble.empty()) {
    now.troubles.push_back(std::move(trouble));
  }
  now.asked = verify::coverage::of(now.sample_rate, progress.ignored);
  now.unhealable = findings_.unhealable();
  now.ended = ended_;
  now.verdict = report::decide_verdict(now);
  return now;
}

}  // namespace ddm::monitor
