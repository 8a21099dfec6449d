// When a monitor_session ends by itself, and what it has earned until then.
#include "monitor/monitor_session.h"
#include "verify/direction.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr std::chrono::seconds health_interval{1};
/// So long the end of a frozen run waits for what is only unknown: after an outage each table is
/// described and each shard asked again within a minute.
constexpr std::chrono::minutes unknown_max{2};
/// Less is what becomes known of the two clocks by and by.
constexpr milliseconds pause_min = stream::service_clock::date_unit;

}  // namespace

void monitor_session::stop_reading() {
  if (!std::exchange(reading_stopped_, true)) {
    stream_at_stop_ = follower_.status();
    reading_.cancel();
  }
}

bool monitor_session::reading_is_done(wall_time now) {
  if (!what_was_asked_for_is_read()) {
    return false;
  }
  asked_for_is_read_since_ = asked_for_is_read_since_.value_or(now);
  return !settings_.freeze_at || freeze_watch_.writes() > 0 ||
         now - *asked_for_is_read_since_ >= unknown_max ||
         report::health_of(status()) != report::health::unknown;
}

bool monitor_session::what_was_asked_for_is_read() const {
  const bool frozen = !settings_.freeze_at || is_frozen_and_read();
  const bool caught_up =
      !settings_.until_caught_up || (follower_.caught_up_to(started_at_) && baseline_is_done());
  if (!settings_.freeze_at) {
    return settings_.until_caught_up && caught_up;
  }
  // What comes while the rest drains is held against the freeze too; once something has, that is
  // enough to know. Deletes by the TTL service may come for days: their checks are not waited for.
  const bool drained = target_ready_ && statistics_.checks().deferred == 0 && open_at_freeze_ &&
                       !checks_.has_open_up_to(*open_at_freeze_) && !baseline_.active() &&
                       !baseline_.awaits_another(gaps_);
  return frozen && caught_up && (drained || freeze_watch_.writes() > 0);
}

/// A writer that was forgotten has had a max-lag to show itself.
bool monitor_session::is_frozen_and_read() const {
  const auto until = freeze().arrived_by();
  const auto ahead = service_now() - parts_.time.now();
  return until && service_now() > *until && follower_.caught_up_to(*until - ahead);
}

/// With --until-caught-up: complete, and well for as long as GO asks for or known not to become so.
bool monitor_session::baseline_is_done() const {
  if (!settings_.baseline.wanted || baseline_.failed()) {
    return true;
  }
  if (hopeless_since_ && parts_.time.now() - *hopeless_since_ >= settings_.settle) {
    return true;
  }
  return baseline_.complete_since() && settling_.settled() && !baseline_.awaits_another(gaps_);
}

/// What no waiting mends: it has to be told and the run to end.
bool monitor_session::cannot_become_go() const {
  const auto& open = findings_.counts();
  const bool complete = baseline_.complete_since().has_value();
  const bool has_gap = std::ranges::any_of(gaps_, [](const auto& gap) { return !gap.cured; });
  const bool spoilt = open.mismatches() > 0 || open.of(verify::mismatch_kind::unreadable) > 0 ||
                      (!has_ttl() && open.of(verify::mismatch_kind::expired) > 0) ||
                      ((has_gap || freeze().expired_stay) && !baseline_.awaits_another(gaps_));
  const auto never_rested = static_cast<std::int64_t>(checks_.restless_candidates());
  const bool restless =
      never_rested > 0 ||
      checks_.later_than(parts_.time.now() - settings_.checks.max_lag).unjudgeable > 0;
  const auto view = baseline_.view();
  const bool waits_for_rest = view && view->progress.all_scanned() && view->progress.all_joined() &&
                              view->progress.candidates_open() <= never_rested;
  const bool nothing_compared = view && view->keys() == 0;
  const bool reads_target = verify::origin_of(settings_.checks.way) == side::target;
  return (complete && (spoilt || reads_target || nothing_compared)) ||
         (restless && waits_for_rest) || freeze_watch_.writes() > 0 || follower_.is_over();
}

/// Somebody deletes what has expired.
bool monitor_session::has_ttl() const {
  return parts_.source.ttl_attribute || parts_.target.ttl_attribute;
}

/// By the later clock, like all that it is held against.
freeze_facts monitor_session::freeze() const {
  const auto& asked = settings_.freeze_at;
  const auto newest = std::ranges::max_element(gaps_, {}, &state::gap_row::noticed);
  return {.at = asked ? std::optional(*asked + follower_.clock_fast_by()) : std::nullopt,
          .now = service_now(),
          .max_lag = settings_.checks.max_lag,
          .writes_after = freeze_watch_.writes(),
          .plain_go_wanted = settings_.require_go && !settings_.accept_sampled,
          .settling_missed = settings_.require_go && !settling_.settled(),
          .findings_full = findings_.is_full(),
          .expired_stay = has_ttl() ? std::nullopt : unlisted_.last_expired(),
          .last_gap = newest == gaps_.end() ? std::nullopt : std::optional(newest->noticed)};
}

wall_time monitor_session::service_now() const { return follower_.service_now(); }

/// Once nothing is read any more: what has not rested for several max-lags since is left open.
bool monitor_session::everything_is_judged() const {
  return target_ready_ && statistics_.checks().deferred == 0 &&
         checks_.size() == checks_.restless_checks();
}

milliseconds monitor_session::clock_slow_by() const {
  return service_now() - parts_.time.now() - follower_.clock_fast_by();
}

milliseconds monitor_session::pause_not_noted() const { return clock_slow_by() - clock_slow_by_; }

/// Checks know our clock only. That it is slow, and always was, makes none of them older; that it
/// stood still, or was set back, does.
void monitor_session::note_pause() {
  const auto paused = pause_not_noted();
  if (paused > pause_min) {
    checks_.on_pause(paused);
  }
  clock_slow_by_ += paused;
}

bool monitor_session::stream_is_current() const {
  const auto behind = follower_.status().behind;
  return behind && *behind <= settings_.checks.max_lag;
}

/// Whether a baseline may start, and for how long all has been well.
void monitor_session::observe_health(wall_time now) {
  if (now - health_observed_ < health_interval) {
    return;
  }
  health_observed_ = now;
  const bool calm =
      target_ready_ && !checks_.behind().behind() && !reading_stopped_ && stream_is_current();
  baseline_.observe({.calm = calm,
                     .target_ready = target_ready_,
                     .stream_begun = follower_.reading_began().has_value(),
                     .freeze = freeze()},
                    gaps_, now);
  const auto frozen_at = freeze().at;
  const bool earning = !reading_stopped_ && (!frozen_at || service_now() <= *frozen_at);
  if (earning) {
    settling_.observe(report::health_of(status()), now);
  }
  if (!settings_.until_caught_up || !cannot_become_go()) {
    hopeless_since_.reset();
  } else if (!hopeless_since_) {
    hopeless_since_ = now;
  }
}

}  // namespace ddm::monitor
