#include "monitor/monitor_session.h"

#include "base/log.h"
#include "state/stored.h"
#include "verify/check_codec.h"
#include "verify/direction.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr milliseconds beat_interval{200};

constexpr auto left_settled_name = "left_changes.settled";

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
      run_({.stats_interval = settings_.stats_interval}, surroundings()),
      gaps_(resumed),
      findings_(settings_.findings, "monitor", parts_.store, gaps_, parts_.time,
                run_.commits_begun(), resumed),
      checking_(settings_of(settings_.checks, parts_), settings_.verifier,
                {.executor = parts_.executor,
                 .time = parts_.time,
                 .pool = parts_.pool,
                 .decoder = parts_.decoder,
                 .source = parts_.source,
                 .target = parts_.target,
                 .findings = findings_.book()},
                verifier_events()),
      checks_(checking_.checks()),
      ledger_(settings_.period,
              {.source = parts_.source, .target = parts_.target, .streams = parts_.streams},
              findings_, parts_.time),
      baseline_(settings_.baseline, comparer_parts(),
                {.gaps = gaps_,
                 .findings = findings_,
                 .checks = checks_,
                 .on_outcomes = [this](const verify::outcomes& out) { apply(out); },
                 .since_export = parts_.since_export},
                resumed, coverage_of(settings_.period)),
      deferred_({.store = parts_.store,
                 .checks = checks_,
                 .findings = findings_.book(),
                 .gaps = gaps_,
                 .time = parts_.time,
                 .commits_begun = run_.commits_begun()},
                deferred_questions(), settings_.checks.deferred_max),
      recall_(findings_.book(), settings_.findings.open_max, parts_.store, run_.commits_begun()),
      reading_(
          settings_.stream, stream_parts(), checks_,
          [this](error failure) { run_.fail_with(std::move(failure)); }, resumed),
      tables_({.source = parts_.source, .target = parts_.target},
              {.source = settings_.source_table,
               .target = settings_.target_table,
               .target_ready = settings_.target_ready},
              parts_.time, table_listeners(), resumed),
      table_settings_({.describe = parts_.describe_with_settings,
                       .target_ready = [this] { return tables_.target_ready(); }},
                      settings_.accepted_settings, parts_.time),
      freeze_(settings_.freeze_at, resumed),
      others_(parts_.store, findings_, gaps_, parts_.decoder, parts_.time, run_.commits_begun(),
              resumed),
      end_(wishes(),
           {.run = run_,
            .time = parts_.time,
            .checks = checks_,
            .reading = reading_,
            .compared = baseline_,
            .gaps = gaps_,
            .findings = findings_,
            .ledger = ledger_,
            .freeze = freeze_,
            .tables = tables_},
           resumed) {
  checking_.ask_for_pause([this] { return reading_.pause(); });
  findings_.count_not_before([this] { return baseline_.unfinished_since(); });
  others_.tell_to(command_listeners());
  run_.consist_of({&checking_, &tables_, &table_settings_, &gaps_, &deferred_, &findings_, &recall_,
                   &baseline_, &reading_, &end_, &ledger_, &others_, this});
  restore(resumed);
  tables_.note_start();
}

// What an earlier process left

void monitor_session::restore(const state::snapshot& resumed) {
  ledger_.restore(resumed);
  for (const auto& gap : gaps_.all()) {
    if (!is_of_unlisted(gap)) {
      findings_.book().on_gap(gap.noticed);
    }
  }
  const auto now = parts_.time.now();
  const auto earlier = load_period(resumed);
  restore_checks(resumed, earlier.ignored == settings_.period.ignored, now);
  restore_unchecked(resumed, earlier);
  if (tables_.target_ready()) {
    checks_.unchecked().on_target_ready(now);
  }
  if (const auto open = findings_.restore_open(resumed); !open) {
    run_.fail_with(open.error());
    return;
  }
  ledger_.begin_or_go_on(resumed, checks_.size());
}

void monitor_session::restore_checks(const state::snapshot& resumed, bool comparable,
                                     wall_time now) {
  for (const auto& row : resumed.checks) {
    auto decoded = verify::decode_check(row.id, row.body);
    if (!decoded) {
      run_.fail_with(std::move(decoded.error()));
      return;
    }
    checks_.restore(std::move(decoded->value), decoded->shard_id, comparable, now);
  }
}

void monitor_session::restore_unchecked(const state::snapshot& resumed,
                                        const period_settings& earlier) {
  checks_.unchecked().restore_deferred(resumed.deferred_changes, resumed.deferred_rows);
  const auto settled = resumed.numbers.find(left_settled_name);
  const bool some_left = settled == resumed.numbers.end()
                             ? ledger_.counters().checks().left_to_baseline > 0
                             : settled->second == 0;
  // Of a denser sample some keys have changes on their way that nobody has checked.
  if (some_left || earlier.sample_rate > settings_.period.sample_rate) {
    checks_.unchecked().restore_left();
  }
}

// The run

awaitable<result<void>> monitor_session::run() {
  auto ended = co_await run_.run([this] { return until_over(); });
  if (!ended) {
    co_return ended;
  }
  if (const auto& failed = baseline_.failure()) {
    co_return fail(error(*failed).within("the items at rest were not compared"));
  }
  co_return ended;
}

awaitable<void> monitor_session::until_over() {
  while (!run_.stop_requested()) {
    // A beat: nearly all that is asked here depends on the time, and nobody could tell of it.
    co_await run_.may_be_over().wait_until(parts_.time, parts_.time.now() + beat_interval);
    const auto now = parts_.time.now();
    follow_clocks(now);
    follow_cost();
    end_.observe(now);
    if (end_.duration_is_over(now)) {
      log::event(log::level::info, "duration_over");
      co_return;
    }
    if (!reading_.stopped() && end_.reaches_freeze()) {
      checking_.hasten(now);
    }
    if (!reading_.stopped() && end_.reading_is_done(now)) {
      reading_.note_read_as_asked();
      reading_.stop();
      checking_.hasten(now);
      log::event(log::level::info, "stream_read_up_to_the_end_asked_for");
    }
    if (reading_.stopped() && end_.everything_is_judged()) {
      co_return;
    }
  }
}

/// Up to when all is read, and whether replication is behind.
void monitor_session::follow_clocks(wall_time now) {
  if (const auto paused = reading_.take_pause()) {
    checks_.on_pause(*paused);
  }
  checks_.set_read_up_to(reading_.read_up_to(now));
  if (checks_.update_behind(now)) {
    const bool behind = checks_.behind().behind();
    log::event(log::level::warning, behind ? "replication_behind" : "replication_caught_up",
               behind ? "replication as a whole is late: nothing is called a mismatch until it is "
                        "back"
                      : "");
  }
  checking_.wake();
  progress_.observe(checks_.behind().oldest_late(), now);
}

/// The stream's positions go on: what is not read of it in 24 h is lost. Items wait.
void monitor_session::follow_cost() {
  ledger_.note_consumed();
  const auto& counters = ledger_.counters();
  const auto cost = report::cost_usd(counters.source_units() + counters.target_units(),
                                     settings_.read_unit_usd, counters.stream_calls());
  if (may_not_cost_more_ || !report::is_cost_reached(cost, settings_.max_usd)) {
    return;
  }
  may_not_cost_more_ = true;
  parts_.source.budget.close();
  parts_.target.budget.close();
  log::event(log::level::error, "cost_reached",
             "the run has cost what --max-usd allows: items are not read any more, and wait; the "
             "stream is read on");
  if (settings_.until_caught_up) {
    run_.request_stop();  // nothing would ever be judged
  }
}

// Records

void monitor_session::on_batch(stream::record_batch batch) {
  const auto now = parts_.time.now();
  if (const auto paused = reading_.take_pause()) {
    checks_.on_pause(*paused);
  }
  ledger_.counters().on_reread(batch.reread);
  const bool target_ready = tables_.target_ready();
  verify::outcomes out;
  for (auto& record : batch.records) {
    if (times_are_coarse_ && to_ms(record.created) % 60'000 != 0) {
      times_are_coarse_ = false;
    }
    ledger_.counters().on_record(record, target_ready);
    note_write(record, batch.nothing_before);
    if (record.chosen && !target_ready) {
      checks_.unchecked().note_left(record.key.hash);
    } else if (record.chosen) {
      const auto& key = record.key.hash;
      const verify::change_context where{
          .shard_id = batch.shard.str(),
          .fresh = batch.fresh,
          .created_is_coarse = times_are_coarse_,
          .mismatch_open = findings_.book().may_be_open(key) || findings_.unlisted().others_any()};
      // By our clock, like all that checks know.
      record.created -= reading_.clock_slow_by();
      checks_.on_change(std::move(record), where, now, out);
    }
  }
  apply(out);
  checking_.wake();
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
  if (!record.by_ttl && freeze_.is_newest(created)) {
    freeze_.note_newest(created, name_of(record));
  }
  if (freeze_.on_change(created, record.by_ttl)) {
    freeze_.name_first(name_of(record));
    log::event(log::level::error, "write_after_freeze",
               "the source was written to after --freeze-at: a writer is still connected",
               {{"key", freeze_.first_key()}, {"created", format_rfc3339(record.created)}});
  }
}

std::string monitor_session::name_of(const dynamodb::change_record& record) const {
  return record.chosen ? findings_.shown(record.key)
                       : "(not in the sample) " + record.key.hash.hex();
}

void monitor_session::on_gap(stream::coverage_gap gap) {
  state::gap_row row{.stream_arn = reading_.follower().stream_arn(),
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
  findings_.book().on_gap(row.noticed);
  gaps_.note(std::move(row));
}

// Outcomes

void monitor_session::apply(const verify::outcomes& out) {
  ledger_.counters().on_outcomes(out);
  checks_.unchecked().note_deferred(ledger_.counters().checks().deferred);
  baseline_.on_outcomes(out);
  deferred_.on_outcomes(out);
}

void monitor_session::note_mismatch(verify::mismatch entry) {
  auto& counters = ledger_.counters();
  if (entry.changes > 0) {
    entry.period = counters.period();
  } else {
    entry.comparison_ms = baseline_.began_ms();
  }
  counters.on_failed(entry.key.hash, entry.changes);
  if (!findings_.book().lists(entry)) {
    if (entry.changes > 0) {
      counters.on_only_counted(entry);
    } else {
      baseline_.on_only_counted(entry.kind);
    }
  }
  findings_.confirm(std::move(entry));
}

// What belongs to no other part

void monitor_session::allow_memory(std::uint64_t bytes) {
  const auto of_comparison = settings_.baseline.wanted ? memory_of_comparison(bytes) : 0;
  checks_.allow_memory(bytes - of_comparison);
  baseline_.allow_memory(of_comparison);
}

void monitor_session::collect(state::commit_batch& batch) {
  batch.numbers.emplace(left_settled_name, checks_.unchecked().left_settled() ? 1 : 0);
  freeze_.save(batch);
}

void monitor_session::tell(report::status& now) const {
  now.read_unit_usd = settings_.read_unit_usd;
  now.max_usd = settings_.max_usd;
  now.table_items = settings_.table_items;
  if (now.is_behind) {
    now.behind = progress_.estimate();
  }
  now.last_write = freeze_.newest();
  now.freeze_at = freeze_.at();
  now.writes_after_freeze = freeze_.writes();
  now.first_write_after_freeze = freeze_.first_key();
  now.ttl_deletes_after_freeze = freeze_.ttl_deletes();
}

}  // namespace ddm::monitor
