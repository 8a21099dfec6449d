#include "monitor/run_end.h"

#include "report/verdict.h"
#include "state/stored.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr std::chrono::seconds observe_interval{1};
/// So long the end of a frozen run waits for what is only unknown: after an outage each table is
/// described and each shard asked again within a minute.
constexpr std::chrono::minutes unknown_max{2};

constexpr auto well_for_name = "settling.well_for_ms";

}  // namespace

run_end::run_end(const wishes& asked, parts of, const state::snapshot& resumed)
    : asked_(asked),
      of_(of),
      started_at_(of.time.now()),
      settling_(asked_.settle, milliseconds{state::stored_or(resumed.numbers, well_for_name)}) {}

bool run_end::duration_is_over(wall_time now) const {
  return asked_.duration && now >= started_at_ + *asked_.duration;
}

bool run_end::reaches_freeze() {
  if (open_at_freeze_ || !is_frozen_and_read()) {
    return false;
  }
  open_at_freeze_ = of_.checks.highest_id();
  return true;
}

bool run_end::reading_is_done(wall_time now) {
  if (!what_was_asked_for_is_read()) {
    return false;
  }
  asked_for_is_read_since_ = asked_for_is_read_since_.value_or(now);
  return !asked_.freeze_at || of_.freeze.writes() > 0 ||
         now - *asked_for_is_read_since_ >= unknown_max ||
         report::health_of(of_.run.status()) != report::health::unknown;
}

bool run_end::what_was_asked_for_is_read() const {
  const bool frozen = !asked_.freeze_at || is_frozen_and_read();
  const bool caught_up = !asked_.until_caught_up ||
                         (of_.reading.follower().caught_up_to(started_at_) && baseline_is_done());
  if (!asked_.freeze_at) {
    return asked_.until_caught_up && caught_up;
  }
  // What comes while the rest drains is held against the freeze too; once something has, that is
  // enough to know. Deletes by the TTL service may come for days: their checks are not waited for.
  const bool drained = of_.tables.target_ready() && of_.ledger.counters().checks().deferred == 0 &&
                       open_at_freeze_ && !of_.checks.has_open_up_to(*open_at_freeze_) &&
                       !of_.compared.active() && !of_.compared.awaits_another();
  return frozen && caught_up && (drained || of_.freeze.writes() > 0);
}

/// A writer that was forgotten has had a max-lag to show itself.
bool run_end::is_frozen_and_read() const {
  const auto until = freeze().arrived_by();
  const auto service_now = of_.reading.service_now();
  const auto ahead = service_now - of_.time.now();
  return until && service_now > *until && of_.reading.follower().caught_up_to(*until - ahead);
}

/// With --until-caught-up: complete, and well for as long as GO asks for or known not to become so.
bool run_end::baseline_is_done() const {
  if (!asked_.baseline_wanted || of_.compared.failed()) {
    return true;
  }
  if (hopeless_since_ && of_.time.now() - *hopeless_since_ >= asked_.settle) {
    return true;
  }
  return of_.compared.complete_since() && settling_.settled() && !of_.compared.awaits_another();
}

/// What no waiting mends: it has to be told and the run to end.
bool run_end::cannot_become_go() const {
  const auto& open = of_.findings.book().counts();
  const bool complete = of_.compared.complete_since().has_value();
  const bool has_gap =
      std::ranges::any_of(of_.gaps.all(), [](const auto& gap) { return !gap.cured; });
  const bool has_ttl = of_.tables.has_ttl();
  const bool spoilt = open.mismatches() > 0 || open.of(verify::mismatch_kind::unreadable) > 0 ||
                      (!has_ttl && open.of(verify::mismatch_kind::expired) > 0) ||
                      ((has_gap || freeze().expired_stay) && !of_.compared.awaits_another());
  const auto never_rested = static_cast<std::int64_t>(of_.checks.restless_candidates());
  const bool restless =
      never_rested > 0 || of_.checks.later_than(of_.time.now() - asked_.max_lag).unjudgeable > 0;
  const auto view = of_.compared.view();
  const bool waits_for_rest = view && view->progress.all_scanned() && view->progress.all_joined() &&
                              view->progress.candidates_open() <= never_rested;
  const bool nothing_compared = view && view->keys() == 0;
  const bool reads_target = asked_.stream_of == side::target;
  return (complete && (spoilt || reads_target || nothing_compared)) ||
         (restless && waits_for_rest) || of_.freeze.writes() > 0 ||
         of_.reading.follower().is_over();
}

/// By the later clock, like all that it is held against.
freeze_facts run_end::freeze() const {
  const auto& gaps = of_.gaps.all();
  const auto newest = std::ranges::max_element(gaps, {}, &state::gap_row::noticed);
  const auto fast_by = of_.reading.follower().clock_fast_by();
  return {
      .at = asked_.freeze_at ? std::optional(*asked_.freeze_at + fast_by) : std::nullopt,
      .now = of_.reading.service_now(),
      .max_lag = asked_.max_lag,
      .writes_after = of_.freeze.writes(),
      .plain_go_wanted = asked_.require_go && !asked_.accept_sampled,
      .settling_missed = asked_.require_go && !settling_.settled(),
      .findings_full = of_.findings.book().is_full(),
      .expired_stay = of_.tables.has_ttl() ? std::nullopt : of_.findings.unlisted().last_expired(),
      .last_gap = newest == gaps.end() ? std::nullopt : std::optional(newest->noticed)};
}

bool run_end::everything_is_judged() const {
  return of_.tables.target_ready() && of_.ledger.counters().checks().deferred == 0 &&
         of_.checks.size() == of_.checks.restless_checks();
}

void run_end::observe(wall_time now) {
  if (now - observed_ < observe_interval) {
    return;
  }
  observed_ = now;
  const bool target_ready = of_.tables.target_ready();
  of_.compared.observe({.calm = target_ready && !of_.checks.behind().behind() &&
                                !of_.reading.stopped() && of_.reading.is_current(asked_.max_lag),
                        .target_ready = target_ready,
                        .stream_begun = of_.reading.follower().reading_began().has_value(),
                        .freeze = freeze()},
                       now);
  const auto frozen_at = freeze().at;
  const bool earning =
      !of_.reading.stopped() && (!frozen_at || of_.reading.service_now() <= *frozen_at);
  if (earning) {
    settling_.observe(report::health_of(of_.run.take_status()), now);
  }
  if (!asked_.until_caught_up || !cannot_become_go()) {
    hopeless_since_.reset();
  } else if (!hopeless_since_) {
    hopeless_since_ = now;
  }
}

void run_end::collect(state::commit_batch& batch) {
  batch.numbers.emplace(well_for_name, settling_.lasted().count());
}

void run_end::tell(report::status& now) const {
  now.settle = asked_.settle;
  now.well_for = settling_.lasted();
  now.settled = settling_.settled();
  now.accept_sampled = asked_.accept_sampled;
}

}  // namespace ddm::monitor
