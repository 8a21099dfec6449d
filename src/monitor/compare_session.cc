#include "monitor/compare_session.h"

#include "monitor/comparison_parts.h"
#include "monitor/evidence.h"
#include "monitor/session_state.h"
#include "state/stored.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr milliseconds commit_interval{500};

double units_of(const state::snapshot& state, const char* name) {
  return static_cast<double>(state::stored_or(state.numbers, name)) / 1000;
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
      demand_(cure_demand::in({.numbers = resumed.numbers, .values = resumed.values, .gaps = {}})),
      run_({.commit_interval = commit_interval,
            .commits_at_once = true,
            .stats_interval = settings_.stats_interval},
           {.executor = parts_.executor,
            .time = parts_.time,
            .store = parts_.store,
            .findings = parts_.findings,
            .watch = parts_.watch,
            .command = settings_.comparer.command,
            .end_follows = true}),
      gaps_(resumed),
      findings_(settings_.findings, settings_.comparer.command, parts_.store, gaps_, parts_.time,
                run_.commits_begun(), resumed),
      checking_(without_stream(settings_.checks), settings_.verifier,
                {.executor = parts_.executor,
                 .time = parts_.time,
                 .pool = parts_.pool,
                 .decoder = parts_.decoder,
                 .source = parts_.source,
                 .target = parts_.target,
                 .findings = findings_.book()},
                verifier_events()),
      others_(parts_.store, findings_, gaps_, parts_.decoder, parts_.time, run_.commits_begun(),
              resumed),
      comparer_(settings_.comparer,
                {.executor = parts_.executor,
                 .time = parts_.time,
                 .pool = parts_.pool,
                 .decoder = parts_.decoder,
                 .source = parts_.source,
                 .target = parts_.target,
                 .store = parts_.store,
                 .source_export = parts_.source_export,
                 .commit_soon = [this] { run_.commit_soon(); },
                 .keep = parts_.keep},
                resumed),
      resumes_(comparer_.resumes() && !settings_.fresh),
      comparing_(parts_.executor) {
  findings_.count_not_before([this] { return comparer_.progress().started(); });
  run_.consist_of({&checking_, &gaps_, &findings_, this, &others_});
  const auto found = findings_.restore_open(resumed);
  if (!found) {
    run_.fail_with(found.error());
    return;
  }
  if (resumes_) {
    source_units_before_ = units_of(resumed, compared_source_units_name);
    target_units_before_ = units_of(resumed, compared_target_units_name);
  } else {
    begin(*found, resumed);
  }
}

void compare_session::begin(const std::vector<verify::mismatch>& found,
                            const state::snapshot& resumed) {
  auto& since = parts_.since_export;
  auto again = keys_found_earlier(found);
  std::unordered_set<std::string> hashes;
  for (const auto& row : again) {
    hashes.insert(row.key_hash);
  }
  again.reserve(again.size() + since.keys.size());
  for (auto& row : since.keys) {
    if (!hashes.contains(row.key_hash)) {
      again.push_back(std::move(row));
    }
  }
  since.keys.clear();
  comparer_.begin(std::move(again), epoch_of(resumed), since.standing);
}

/// With an export whose later changes are not known it counts for no GO: changes that were read
/// while the target was not there yet were left to a comparison of the live tables, and a target
/// that was put back to what the export holds looks equal.
std::int64_t compare_session::epoch_of(const state::snapshot& resumed) const {
  if (parts_.source_export == nullptr) {
    return evidence_book::epoch_of(resumed);
  }
  const auto& since = parts_.since_export;
  return since.known() ? epoch_at_begin(since.epoch, resumed) : 0;
}

/// What an earlier run found wrong is judged anew, whatever the scans say: the result of this
/// comparison must not rest on an old look.
std::vector<state::candidate_row> compare_session::keys_found_earlier(
    const std::vector<verify::mismatch>& found) const {
  std::vector<state::candidate_row> rows;
  rows.reserve(found.size());
  for (const auto& entry : found) {
    rows.push_back({.command = settings_.comparer.command,
                    .key_hash = entry.key.hash.bytes(),
                    .key_json = entry.key.json,
                    .source_held = entry.kind == verify::mismatch_kind::undeleted ||
                                   entry.source_digest.has_value()});
  }
  return rows;
}

// The run

awaitable<result<void>> compare_session::run() {
  auto ended = co_await run_.run([this] { return until_over(); });
  co_return ended&& comparer_.progress().finished() ? co_await forget_received() : ended;
}

/// Not before another host knows that it is joined: it would wait for what is no more.
awaitable<result<void>> compare_session::forget_received() {
  if (settings_.comparer.step != compare::worker_step::join) {
    co_return result<void>{};
  }
  if (auto kept = parts_.keep ? co_await parts_.keep() : result<void>(); !kept) {
    co_return kept;
  }
  co_await parts_.pool.run(
      [between = compare::exchange(settings_.comparer.exchange_folder, comparer_.progress())] {
        between.forget_received();
      });
  co_return result<void>{};
}

awaitable<void> compare_session::until_over() {
  while (!run_.stop_requested() && !comparer_.is_over()) {
    co_await run_.may_be_over().wait();
  }
}

void compare_session::start(task_group& /*tasks*/) { comparing_.spawn(compare()); }

awaitable<void> compare_session::compare() {
  if (auto compared = co_await comparer_.run(); !compared) {
    run_.fail_with(std::move(compared.error()));
  }
}

void compare_session::stop() {
  comparer_.stop();
  if (!comparer_.progress().finished()) {
    parts_.source.drain();
    parts_.target.drain();
  }
}

// Commits

void compare_session::collect(state::commit_batch& batch) {
  const bool was_finished = comparer_.progress().finished();
  comparer_.collect(batch);
  const auto& progress = comparer_.progress();
  if (batch.comparison_begun) {
    demand_.note_comparison(progress.covered(), gaps_.all(), batch);
  }
  // A worker's part is not the whole: what it makes up for is known when all are merged.
  if (progress.finished() && !was_finished && !progress.share().is_one_of_several()) {
    cure_gaps(progress, demand_, gaps_.all(), batch);
    findings_.unlisted().note_cure(gaps_.all(), batch);
  }
  batch.numbers.emplace(compared_source_units_name, std::llround(source_units() * 1000));
  batch.numbers.emplace(compared_target_units_name, std::llround(target_units() * 1000));
}

void compare_session::on_committed() {
  comparer_.on_committed();
  if (comparer_.progress().finished() && !std::exchange(leftovers_done_, true)) {
    comparer_.forget_leftovers();
  }
}

awaitable<result<void>> compare_session::refill() {
  verify::outcomes out;
  auto fed = co_await comparer_.feed(checking_.checks(), out);
  comparer_.on_outcomes(out);
  co_return fed;
}

// Outcomes

verify::verifier_events compare_session::verifier_events() {
  return {.recall = [this](std::vector<verify::digest128> keys) { return recall(std::move(keys)); },
          .on_outcomes = [this](verify::outcomes&& out) { comparer_.on_outcomes(out); },
          .on_mismatch = [this](verify::mismatch&& entry) { note_mismatch(std::move(entry)); },
          .on_success = [](const dynamodb::item_key&) {},
          .on_healed = [this](const dynamodb::item_key& key,
                              std::int64_t changes) { findings_.on_healed(key, changes); },
          .on_denied = [this](error failure) { run_.fail_with(std::move(failure)); }};
}

awaitable<void> compare_session::recall(std::vector<verify::digest128> keys) {
  if (auto done = co_await findings_.recall(std::move(keys)); !done) {
    run_.fail_with(std::move(done.error()));
  }
}

void compare_session::note_mismatch(verify::mismatch entry) {
  entry.comparison_ms = comparer_.progress().started_ms;
  if (!findings_.book().lists(entry)) {
    comparer_.on_only_counted(entry.kind);
  }
  findings_.confirm(std::move(entry));
}

// What is told

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
  checks.failed_unlisted = findings_.unlisted().left_of(progress).all;
  checks.failed = std::min(
      progress.candidates_unequal,
      now.mismatches.of_comparisons_since(progress.started_ms).all + checks.failed_unlisted);
  checks.healed = progress.candidates_unequal - checks.failed;
  checks.superseded = progress.candidates_closed - checks.verified - progress.candidates_unequal;
  checks.equal_by_ignoring = now.compared->seen.equal_by_ignoring;
}

/// Of the findings, which are told before.
void compare_session::tell(report::status& now) const {
  now.follows_stream = false;
  now.compared = comparer_.view();
  const auto& progress = now.compared->progress;
  now.sample_rate = static_cast<std::uint64_t>(progress.sample_rate);
  now.keys_checked = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.compared->keys()));
  now.unlisted_at_rest = findings_.unlisted().left_of(progress).wrong;
  count_checks(now);
  now.source_units = source_units();
  now.target_units = target_units();
  now.comparison_trouble = comparer_.trouble();
  now.asked = verify::coverage::of(now.sample_rate, progress.ignored);
}

}  // namespace ddm::monitor
