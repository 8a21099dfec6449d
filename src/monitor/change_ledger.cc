#include "monitor/change_ledger.h"

#include "base/log.h"

#include <chrono>
#include <utility>

namespace ddm::monitor {

change_ledger::change_ledger(period_settings period, consumers from, finding_desk& findings,
                             clock& time)
    : period_(std::move(period)),
      from_(from),
      findings_(findings),
      time_(time),
      interval_began_(time.now()) {}

void change_ledger::restore(const state::snapshot& resumed) {
  counters_.restore(resumed.numbers, resumed.values);
}

void change_ledger::begin_or_go_on(const state::snapshot& resumed, std::size_t open_checks) {
  const auto earlier = load_period(resumed);
  if (earlier.sample_rate != 0 && earlier != period_) {
    log::event(
        log::level::info, "statistics_period_began",
        "a setting was changed: the counters begin anew, open checks, mismatches and gaps stay",
        {{"changed", period_.difference(earlier)}});
    counters_.begin_period(static_cast<std::int64_t>(open_checks), failed_changes());
  }
  // Other commands on the same state have healed and found some.
  on_findings_changed();
  interval_events_ = counters_.events().unique;
  interval_verified_ = counters_.checks().verified;
}

report::failed_changes change_ledger::failed_changes() const {
  const auto& unlisted = findings_.book().unlisted();
  return {.listed = findings_.book().counts().failed_changes,
          .unlisted = unlisted.changes(),
          .unlisted_expired = unlisted.expired.changes,
          .unlisted_deletes = unlisted.deletes()};
}

void change_ledger::on_findings_changed() { counters_.set_failed(failed_changes()); }

void change_ledger::note_consumed() {
  counters_.set_consumed(from_.source.consumed_units, from_.target.consumed_units,
                         static_cast<std::int64_t>(from_.streams.record_calls()));
}

void change_ledger::collect(state::commit_batch& batch) {
  on_findings_changed();
  note_consumed();
  counters_.save(batch.numbers, batch.values);
  save(period_, batch);
}

void change_ledger::on_interval() {
  const auto now = time_.now();
  const auto& events = counters_.events();
  const auto& checks = counters_.checks();
  const auto verified = checks.verified - interval_verified_;
  const auto failed_ever = counters_.failed_ever();
  const auto failed = failed_ever - interval_failed_;
  events_per_second_ = rate_since_interval_began();
  interval_success_ =
      verified + failed > 0
          ? std::optional(static_cast<double>(verified) / static_cast<double>(verified + failed))
          : std::nullopt;
  interval_began_ = now;
  interval_events_ = events.unique;
  interval_verified_ = checks.verified;
  interval_failed_ = failed_ever;
}

double change_ledger::rate_since_interval_began() const {
  const double elapsed = std::chrono::duration<double>(time_.now() - interval_began_).count();
  return elapsed > 0 ? static_cast<double>(counters_.events().unique - interval_events_) / elapsed
                     : 0;
}

void change_ledger::tell(report::status& now) const {
  now.events = counters_.events();
  now.events_per_second = events_per_second_.value_or(rate_since_interval_began());
  now.checks = counters_.checks();
  now.keys_changed = counters_.keys_changed();
  now.open_of_period = findings_.book().counts().of_period(counters_.period());
  now.keys_checked = counters_.keys_checked(now.open_of_period.all);
  now.sample_rate = period_.sample_rate;
  now.asked = verify::coverage::of(period_.sample_rate, period_.ignored);
  now.success_interval = interval_success_;
  now.lag = counters_.lag();
  now.source_units = counters_.source_units();
  now.target_units = counters_.target_units();
  now.stream_calls = counters_.stream_calls();
}

}  // namespace ddm::monitor
