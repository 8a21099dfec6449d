// What the parts of a monitor_session are given of it, and of each other.
#include "base/log.h"
#include "monitor/monitor_session.h"
#include "verify/direction.h"

#include <utility>

namespace ddm::monitor {

session_surroundings monitor_session::surroundings() const {
  return {.executor = parts_.executor,
          .time = parts_.time,
          .store = parts_.store,
          .findings = parts_.findings,
          .watch = parts_.watch,
          .command = "monitor"};
}

stream::stream_follower::parts monitor_session::stream_parts() {
  const auto& origin =
      verify::origin_of(settings_.checks.way) == side::source ? parts_.source : parts_.target;
  return {parts_.executor, parts_.time, parts_.pool,   parts_.streams,
          parts_.decoder,  *this,       origin.client, origin.name};
}

compare::comparer_parts monitor_session::comparer_parts() const {
  const auto* decoder = parts_.baseline_decoder;
  return {.executor = parts_.executor,
          .time = parts_.time,
          .pool = parts_.pool,
          .decoder = decoder == nullptr ? parts_.decoder : *decoder,
          .source = parts_.source,
          .target = parts_.target,
          .store = parts_.store,
          .source_export = parts_.baseline_export};
}

verify::verifier_events monitor_session::verifier_events() {
  return {.recall = [this](std::vector<verify::digest128> keys) { return recall(std::move(keys)); },
          .on_outcomes = [this](verify::outcomes&& out) { apply(out); },
          .on_mismatch = [this](verify::mismatch&& entry) { note_mismatch(std::move(entry)); },
          .on_success =
              [this](const dynamodb::item_key& key) {
                if (settings_.log_successes) {
                  log::event(log::level::info, "verified", {}, {{"key", findings_.shown(key)}});
                }
              },
          .on_healed =
              [this](const dynamodb::item_key& key, std::int64_t changes) {
                ledger_.counters().on_healed(changes);
                findings_.on_healed(key, changes);
              },
          .on_denied = [this](error failure) { run_.fail_with(std::move(failure)); }};
}

awaitable<void> monitor_session::recall(std::vector<verify::digest128> keys) {
  if (auto done = co_await findings_.recall(std::move(keys)); !done) {
    run_.fail_with(std::move(done.error()));
  }
}

deferred_feed::questions monitor_session::deferred_questions() {
  return {.target_is_ready = [this] { return tables_.target_ready(); },
          .deferred = [this] { return ledger_.counters().checks().deferred; },
          .comparison_began = [this] { return baseline_.unfinished_since(); },
          .on_outcomes = [this](const verify::outcomes& out) { apply(out); }};
}

watched_tables::listeners monitor_session::table_listeners() {
  return {.on_replaced =
              [this](state::gap_row gap) {
                note_gap(std::move(gap));
                table_settings_.forget();
              },
          .on_target_ready = [this] { checks_.unchecked().on_target_ready(parts_.time.now()); },
          .on_failed = [this](error failure) { run_.fail_with(std::move(failure)); },
          .target_is_ready = parts_.target_is_ready};
}

other_commands::listeners monitor_session::command_listeners() {
  return {.on_comparison =
              [this](const compare::comparison_progress& heard) {
                if (baseline_.hear_of(heard)) {
                  log::event(log::level::info, "comparison_heard_of",
                             "`compare` on the same state has ended: it counts for the verdict",
                             {{"keys", heard.scanned.equal + heard.candidates_closed},
                              {"unequal", heard.candidates_unequal}});
                }
              },
          .on_heard = [this] { ledger_.on_findings_changed(); },
          .on_counting =
              [] {
                log::event(log::level::error, "findings_unlisted",
                           "another command on the same state only counts mismatches: a comparison "
                           "of the whole tables tells which, once there is room for them");
              }};
}

run_end::wishes monitor_session::wishes() const {
  return {.duration = settings_.duration,
          .until_caught_up = settings_.until_caught_up,
          .baseline_wanted = settings_.baseline.wanted,
          .settle = settings_.settle,
          .accept_sampled = settings_.accept_sampled,
          .require_go = settings_.require_go,
          .freeze_at = settings_.freeze_at,
          .max_lag = settings_.checks.max_lag,
          .stream_of = verify::origin_of(settings_.checks.way)};
}

}  // namespace ddm::monitor
