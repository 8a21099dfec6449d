#include "monitor/monitor_session.h"

#include "base/log.h"
#include "base/units.h"
#include "monitor/findings_flow.h"
#include "state/stored.h"
#include "verify/check_codec.h"
#include "verify/direction.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds commit_interval{1};
/// A commit that takes longer than this holds up reading: the disk sets the pace then.
constexpr seconds slow_commit{3};
constexpr seconds target_poll_interval{10};
constexpr milliseconds beat_interval{200};
/// The resolved numbers of the shards cost a walk over all open checks.
constexpr seconds resolve_interval{10};
constexpr std::chrono::hours retention_alarm{6};
/// Behind for this long with fewer records a call than the service allows: the limit may be the
/// reason.
constexpr minutes small_limit_alarm{1};
constexpr int records_limit_max = 1000;

constexpr auto left_settled_name = "left_changes.settled";
constexpr auto well_for_name = "settling.well_for_ms";

verify::check_settings settings_of(verify::check_settings checks, const session_parts& parts) {
  const auto& counterpart =
      verify::counterpart_of(checks.way) == side::source ? parts.source : parts.target;
  checks.sample = parts.decoder.settings().sample;
  checks.counterpart_expires = counterpart.ttl_attribute.has_value();
  return checks;
}

verify::coverage coverage_of(const period_settings& period) {
  return verify::coverage::of(period.sample_rate, period.ignored);
}

}  // namespace

monitor_session::monitor_session(session_settings settings, session_parts parts,
                                 const state::snapshot& resumed)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      findings_(settings_.findings),
      finding_news_(parts_.store, findings_, parts_.decoder, resumed),
      unlisted_("monitor", findings_, resumed),
      log_(settings_.findings.hash_keys),
      checks_(settings_of(settings_.checks, parts_)),
      follower_(settings_.stream, stream_parts(), resumed),
      verifier_(settings_.verifier, parts_.executor, parts_.time, parts_.pool, parts_.decoder,
                parts_.source, parts_.target, checks_, findings_, events()),
      baseline_(settings_.baseline, comparer_parts(), resumed, coverage_of(settings_.period)),
      settling_(settings_.settle, milliseconds{state::stored_or(resumed.numbers, well_for_name)}),
      reading_(parts_.executor),
      background_(parts_.executor),
      started_at_(parts_.time.now()),
      source_watch_(side::source, parts_.source.name.str(), load_table(resumed, side::source),
                    started_at_),
      target_watch_(side::target, parts_.target.name.str(), load_table(resumed, side::target),
                    started_at_),
      target_ready_(settings_.target_ready),
      freeze_watch_(settings_.freeze_at, resumed),
      interval_began_(started_at_) {
  restore(resumed);
  note_tables_at_start();
}

void monitor_session::restore(const state::snapshot& resumed) {
  statistics_.restore(resumed.numbers, resumed.values);
  gaps_ = resumed.gaps;
  for (const auto& gap : gaps_) {
    if (!is_of_unlisted(gap)) {
      findings_.on_gap(gap.noticed);
    }
  }
  const auto now = parts_.time.now();
  const auto earlier = load_period(resumed);
  restore_checks(resumed, earlier.ignored == settings_.period.ignored, now);
  checks_.unchecked().restore_deferred(resumed.deferred_changes, resumed.deferred_rows);
  const auto settled = resumed.numbers.find(left_settled_name);
  const bool some_left = settled == resumed.numbers.end()
                             ? statistics_.checks().left_to_baseline > 0
                             : settled->second == 0;
  // Of a denser sample some keys have changes on their way that nobody has checked.
  if (some_left || earlier.sample_rate > settings_.period.sample_rate) {
    checks_.unchecked().restore_left();
  }
  if (target_ready_) {
    checks_.unchecked().on_target_ready(now);
  }
  const auto open = restore_findings(resumed, findings_);
  if (!open) {
    fail_with(open.error());
    return;
  }
  restore_period(resumed);
  // Other commands on the same state have healed and found some.
  statistics_.set_failed(failed_changes());
  interval_events_ = statistics_.events().unique;
  interval_verified_ = statistics_.checks().verified;
}

void monitor_session::restore_checks(const state::snapshot& resumed, bool comparable,
                                     wall_time now) {
  for (const auto& row : resumed.checks) {
    auto decoded = verify::decode_check(row.id, row.body);
    if (!decoded) {
      fail_with(std::move(decoded.error()));
      return;
    }
    checks_.restore(std::move(decoded->value), decoded->shard_id, comparable, now);
  }
}

void monitor_session::restore_period(const state::snapshot& resumed) {
  const auto earlier = load_period(resumed);
  if (earlier.sample_rate == 0 || earlier == settings_.period) {
    return;
  }
  log::event(
      log::level::info, "statistics_period_began",
      "a setting was changed: the counters begin anew, open checks, mismatches and gaps stay",
      {{"changed", settings_.period.difference(earlier)}});
  statistics_.begin_period(static_cast<std::int64_t>(checks_.size()), failed_changes());
}

// The run

awaitable<result<void>> monitor_session::run() {
  if (!failure_) {
    reading_.spawn(consume());
    background_.spawn(verifier_.run());
    background_.spawn(commit_regularly());
    background_.spawn(show_blocks());
    background_.spawn(watch_tables());
    if (!target_ready_) {
      background_.spawn(await_target());
    }
    co_await watch_for_end();
    stop_reading();
    baseline_.stop();
    tables_watched_until_ = parts_.time.now();
    parts_.source.drain();
    parts_.target.drain();
    co_await baseline_.join();
    co_await reading_.join();
    co_await verifier_.finish_in_flight();
    background_.cancel();
    co_await background_.join();
    log_lines(log_.finish());
    resolve_due_ = parts_.time.now();
    if (auto committed = co_await commit_at_the_end(); !committed) {
      fail_with(std::move(committed.error()));
    }
  }
  ended_ = true;
  if (failure_) {
    co_return fail(*failure_);
  }
  if (const auto& failed = baseline_.failure()) {
    co_return fail(error(*failed).within("the items at rest were not compared"));
  }
  co_return result<void>{};
}

void monitor_session::request_stop() {
  stop_requested_ = true;
  stop_wanted_.notify();
}

void monitor_session::abandon() {
  abandoned_ = true;
  request_stop();
}

void monitor_session::fail_with(error failure) {
  if (!failure_) {
    failure_ = std::move(failure);
  }
  request_stop();
}

stream::stream_follower::parts monitor_session::stream_parts() {
  const auto& origin =
      verify::origin_of(settings_.checks.way) == side::source ? parts_.source : parts_.target;
  return {parts_.executor, parts_.time, parts_.pool,   parts_.streams,
          parts_.decoder,  *this,       origin.client, origin.name};
}

awaitable<void> monitor_session::consume() {
  auto read = co_await follower_.run();
  if (!read) {
    fail_with(std::move(read.error()));
  }
}

awaitable<void> monitor_session::watch_for_end() {
  const auto ends_at =
      settings_.duration ? std::optional(started_at_ + *settings_.duration) : std::nullopt;
  while (!stop_requested_) {
    // A beat: nearly all that is asked here depends on the time, and nobody could tell of it.
    co_await stop_wanted_.wait_until(parts_.time, parts_.time.now() + beat_interval);
    const auto now = parts_.time.now();
    note_pause();
    // After the last record that was wanted, nothing that is read could call a judgement off.
    checks_.set_read_up_to(reading_stopped_ ? verify::reading{.known = now, .all = now}
                                            : verify::reading{.known = follower_.read_up_to(),
                                                              .all = follower_.all_read_up_to()});
    if (checks_.update_behind(now)) {
      log::event(
          log::level::warning,
          checks_.behind().behind() ? "replication_behind" : "replication_caught_up",
          checks_.behind().behind()
              ? "replication as a whole is late: nothing is called a mismatch until it is back"
              : "");
    }
    verifier_.wake();
    progress_.observe(checks_.behind().oldest_late(), now);
    observe_health(now);
    if (ends_at && now >= *ends_at) {
      log::event(log::level::info, "duration_over");
      co_return;
    }
    if (!reading_stopped_ && !open_at_freeze_ && is_frozen_and_read()) {
      open_at_freeze_ = checks_.highest_id();
      checks_.hasten(now);
      verifier_.flush();
    }
    if (!reading_stopped_ && reading_is_done(now)) {
      read_as_asked_ = true;
      stop_reading();
      checks_.hasten(now);
      verifier_.flush();
      log::event(log::level::info, "stream_read_up_to_the_end_asked_for");
    }
    if (reading_stopped_ && everything_is_judged()) {
      co_return;
    }
  }
}

compare::comparer_parts monitor_session::comparer_parts() const {
  const auto* decoder = parts_.baseline_decoder;
  return {.executor = parts_.executor,
          .time = parts_.time,
          .pool = parts_.pool,
          .decoder = decoder == nullptr ? parts_.decoder : *decoder,
          .source = parts_.source,
          .target = parts_.target,
          .store = parts_.store};
}

awaitable<void> monitor_session::show_blocks() {
  for (;;) {
    co_await parts_.time.sleep_for(settings_.stats_interval);
    const auto now = parts_.time.now();
    const auto& events = statistics_.events();
    const auto& checks = statistics_.checks();
    const double elapsed = std::chrono::duration<double>(now - interval_began_).count();
    const auto verified = checks.verified - interval_verified_;
    const auto failed_ever = statistics_.failed_ever();
    const auto failed = failed_ever - interval_failed_;
    events_per_second_ =
        elapsed > 0 ? static_cast<double>(events.unique - interval_events_) / elapsed : 0;
    interval_success_ =
        verified + failed > 0
            ? std::optional(static_cast<double>(verified) / static_cast<double>(verified + failed))
            : std::nullopt;
    interval_began_ = now;
    interval_events_ = events.unique;
    interval_verified_ = checks.verified;
    interval_failed_ = failed_ever;
    const auto shown = status();
    if (shown.shards.behind.value_or(milliseconds{0}) > small_limit_alarm &&
        settings_.stream.records_limit < records_limit_max) {
      log::event(log::level::warning, "batch_size_small",
                 "a shard is behind and GetRecords is limited: raise --batch-size (DDB_BATCH_SIZE)",
                 {{"batch_size", settings_.stream.records_limit},
                  {"behind", spoken_duration(*shown.shards.behind)}});
    }
    if (shown.shards.retention_left < retention_alarm) {
      log::event(log::level::error, "retention_low",
                 "unread changes will be lost: find out why reading is behind",
                 {{"retention_left", spoken_duration(shown.shards.retention_left)},
                  {"lost_at", format_rfc3339(now + shown.shards.retention_left)}});
    }
    if (parts_.on_block) {
      parts_.on_block(shown);
    }
  }
}

awaitable<void> monitor_session::await_target() {
  while (!target_ready_) {
    auto ready = co_await parts_.target_is_ready();
    if (!ready) {
      fail_with(std::move(ready.error()));
      co_return;
    }
    target_ready_ = *ready;
    if (target_ready_) {
      checks_.unchecked().on_target_ready(parts_.time.now());
      log::event(log::level::info, "target_ready", "changes read from now on are checked");
      co_return;
    }
    co_await parts_.time.sleep_for(target_poll_interval);
  }
}

// Records

void monitor_session::on_batch(stream::record_batch batch) {
  const auto now = parts_.time.now();
  note_pause();
  statistics_.on_reread(batch.reread);
  verify::outcomes out;
  for (auto& record : batch.records) {
    if (times_are_coarse_ && to_ms(record.created) % 60'000 != 0) {
      times_are_coarse_ = false;
    }
    statistics_.on_record(record, target_ready_);
    note_write(record, batch.nothing_before);
    if (record.chosen && !target_ready_) {
      checks_.unchecked().note_left(record.key.hash);
    } else if (record.chosen) {
      const verify::change_context where{
          .shard_id = batch.shard.str(),
          .fresh = batch.fresh,
          .created_is_coarse = times_are_coarse_,
          .mismatch_open = findings_.may_be_open(record.key.hash) || unlisted_.others_any()};
      // By our clock, like all that checks know.
      record.created -= clock_slow_by_;
      checks_.on_change(std::move(record), where, now, out);
    }
  }
  apply(out);
  verifier_.wake();
}

/// Of the source; what is written to the target is the replicator's drain.
void monitor_session::note_write(const dynamodb::change_record& record,
                                 std::optional<wall_time> nothing_before) {
  if (verify::origin_of(settings_.checks.way) == side::target) {
    return;
  }
  // Times that are cut to the minute say too little; up to when the shard had been read says more.
  const auto created = times_are_coarse_ && nothing_before
                           ? std::max(record.created, *nothing_before)
                           : record.created;
  if (!record.by_ttl && freeze_watch_.is_newest(created)) {
    freeze_watch_.note_newest(created, name_of(record));
  }
  if (freeze_watch_.on_change(created, record.by_ttl)) {
    freeze_watch_.name_first(name_of(record));
    log::event(log::level::error, "write_after_freeze",
               "the source was written to after --freeze-at: a writer is still connected",
               {{"key", freeze_watch_.first_key()}, {"created", format_rfc3339(record.created)}});
  }
}

std::string monitor_session::name_of(const dynamodb::change_record& record) const {
  return record.chosen ? shown_key(record.key) : "(not in the sample) " + record.key.hash.hex();
}

void monitor_session::on_gap(stream::coverage_gap gap) {
  state::gap_row row{.stream_arn = follower_.stream_arn(),
                     .shard_id = gap.shard.str(),
                     .after_sequence = std::string(gap.after.str()),
                     .noticed = gap.noticed,
                     .reason = std::move(gap.reason)};
  log::event(log::level::error, "coverage_gap",
             row.reason + "; only a comparison of the whole tables can make up for it",
             {{"shard_id", row.shard_id}, {"after_sequence_number", row.after_sequence}});
  note_gap(std::move(row));
}

void monitor_session::note_gap(state::gap_row row) {
  // A comparison that is not finished began before this, also where the clock was set back since.
  row.noticed = std::max(row.noticed, baseline_.unfinished_since());
  checks_.on_gap();
  findings_.on_gap(row.noticed);
  gaps_.push_back(row);
  new_gaps_.push_back(std::move(row));
}

awaitable<void> monitor_session::admit_read() {
  while (commit_since_ && parts_.time.now() - *commit_since_ > slow_commit) {
    if (!std::exchange(warned_of_slow_disk_, true)) {
      log::event(log::level::warning, "slow_disk",
                 "a commit to the state file takes long: reading waits for it");
    }
    co_await commit_ended_.wait();
  }
}

// Outcomes

verify::verifier_events monitor_session::events() {
  return {.recall = [this](std::vector<verify::digest128> keys) { return recall(std::move(keys)); },
          .on_outcomes = [this](verify::outcomes&& out) { apply(out); },
          .on_mismatch = [this](verify::mismatch&& entry) { note_mismatch(std::move(entry)); },
          .on_success =
              [this](const dynamodb::item_key& key) {
                if (settings_.log_successes) {
                  log::event(log::level::info, "verified", {}, {{"key", shown_key(key)}});
                }
              },
          .on_healed =
              [this](const dynamodb::item_key& key, std::int64_t changes) {
                statistics_.on_healed(changes);
                log_lines(log_.on_healed(key, changes, parts_.time.now()));
              },
          .on_denied = [this](error failure) { fail_with(std::move(failure)); }};
}

void monitor_session::apply(const verify::outcomes& out) {
  statistics_.on_outcomes(out);
  checks_.unchecked().note_deferred(statistics_.checks().deferred);
  baseline_.on_outcomes(out);
  new_deferred_.insert(new_deferred_.end(), out.deferred_rows.begin(), out.deferred_rows.end());
  if (out.left > 0) {
    left_at_ = parts_.time.now();
  }
}

void monitor_session::note_mismatch(verify::mismatch entry) {
  const auto now = parts_.time.now();
  if (entry.changes > 0) {
    entry.period = statistics_.period();
  } else {
    entry.comparison_ms = baseline_.began_ms();
  }
  statistics_.on_failed(entry.key.hash, entry.changes);
  if (findings_.lists(entry)) {
    log_lines(log_.on_mismatch(entry, now));
  } else if (entry.changes > 0) {
    statistics_.on_only_counted(entry);
  } else {
    baseline_.on_only_counted(entry.kind);
  }
  findings_.on_confirmed(std::move(entry), now);
}

awaitable<void> monitor_session::recall(std::vector<verify::digest128> keys) {
  if (auto done = co_await recall_open(parts_.store, findings_, std::move(keys), commits_begun_);
      !done) {
    fail_with(std::move(done.error()));
  }
}

std::string monitor_session::shown_key(const dynamodb::item_key& key) const {
  return settings_.findings.hash_keys ? key.hash.hex() : key.json;
}

// Commits

state::commit_batch monitor_session::collect() {
  state::commit_batch batch;
  if (const auto now = parts_.time.now(); now >= resolve_due_) {
    follower_.resolve(checks_.lowest_open());
    resolve_due_ = now + resolve_interval;
  }
  follower_.collect(parts_.time.now(), batch);
  checks_.take_dirty(batch.checks, batch.checks_closed);
  findings_.take_dirty(batch.mismatches, batch.finding_lines);
  batch.gaps = std::exchange(new_gaps_, {});
  collect_what_has_no_room(batch);
  baseline_.collect(batch, gaps_);
  unlisted_.note_cure(gaps_, batch);
  if (batch.gaps_cured_before) {
    news_due_ = {};  // another command's gap may have gone on since it was last heard of
  }
  statistics_.set_failed(failed_changes());
  source_watch_.collect(batch);
  target_watch_.collect(batch);
  batch.deferred = std::exchange(new_deferred_, {});
  batch.deferred_taken = std::exchange(deferred_taken_, {});
  statistics_.set_consumed(parts_.source.consumed_units, parts_.target.consumed_units,
                           static_cast<std::int64_t>(parts_.streams.statistics().calls));
  statistics_.save(batch.numbers, batch.values);
  save(settings_.period, batch);
  freeze_watch_.save(batch);
  batch.numbers.emplace(well_for_name, settling_.lasted().count());
  batch.numbers.emplace(left_settled_name, checks_.unchecked().left_settled() ? 1 : 0);
  return batch;
}

awaitable<result<void>> monitor_session::commit_now() {
  if (abandoned_) {
    // As a success it would let what waits for it go on.
    co_return fail(error_class::cancelled, "the session was abandoned");
  }
  if (auto durable = co_await baseline_.make_durable(); !durable) {
    co_return durable;
  }
  ++commits_begun_;
  auto batch = collect();
  commit_since_ = parts_.time.now();
  auto committed = co_await commit_with_findings(parts_.store, parts_.findings, std::move(batch));
  commit_since_.reset();
  commit_ended_.notify();
  if (committed) {
    baseline_.on_committed();
  }
  co_return committed;
}

/// What others have confirmed until now belongs to the last word too.
awaitable<result<void>> monitor_session::commit_at_the_end() {
  auto done = co_await commit_now();
  if (done) {
    done = co_await finding_news_.hear_out(commits_begun_);
  }
  if (done) {
    news_due_ = {};
    done = co_await hear_of_other_commands();
  }
  if (done && findings_.is_dirty()) {
    done = co_await commit_now();
  }
  co_return done;
}

awaitable<void> monitor_session::commit_regularly() {
  for (;;) {
    co_await parts_.time.sleep_for(commit_interval);
    log_lines(log_.on_time(parts_.time.now()));
    auto committed = co_await commit_now();
    if (committed) {
      committed = co_await bring_back_deferred();
    }
    if (committed) {
      committed = co_await count_deferred();
    }
    if (committed) {
      committed = co_await recall_some();
    }
    if (committed) {
      committed = co_await ask_about_candidates();
    }
    if (committed) {
      committed = co_await hear_of_other_commands();
    }
    if (!committed) {
      fail_with(std::move(committed.error()));
      co_return;
    }
    verifier_.wake();
  }
}

}  // namespace ddm::monitor
