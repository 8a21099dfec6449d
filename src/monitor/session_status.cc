// What a monitor_session says of itself: all figures of one moment.
#include "base/units.h"
#include "monitor/monitor_session.h"
#include "monitor/prices.h"
#include "verify/direction.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ddm::monitor {
namespace {

using std::chrono::seconds;

constexpr std::size_t newest_shown = 5;
/// A change that came after another one is looked at again one max-lag after it was read: only what
/// is still open some time later is late.
constexpr seconds look_slack{5};

}  // namespace

report::failed_changes monitor_session::failed_changes() const {
  const auto& unlisted = findings_.unlisted();
  return {.listed = findings_.counts().failed_changes,
          .unlisted = unlisted.changes(),
          .unlisted_expired = unlisted.expired.changes,
          .unlisted_deletes = unlisted.deletes()};
}

report::status monitor_session::status() const {
  report::status now;
  now.at = parts_.time.now();
  now.running = now.at - started_at_;
  now.events = statistics_.events();
  now.events_per_second = events_per_second_;
  now.checks = statistics_.checks();
  now.pending = static_cast<std::int64_t>(checks_.size() - checks_.candidates());
  now.check_bytes = checks_.bytes();
  now.keys_changed = statistics_.keys_changed();
  const auto open_of_period = findings_.counts().of_period(statistics_.period());
  now.keys_checked = statistics_.keys_checked(open_of_period.all);
  now.sample_rate = settings_.period.sample_rate;
  now.table_items = settings_.table_items;
  now.mismatches = findings_.counts();
  now.unlisted = unlisted_.by_kind();
  now.compared = baseline_.view();
  now.unlisted_at_rest = now.compared ? unlisted_.left_of(now.compared->progress).wrong : 0;
  now.success_of_changes = report::success_of(now.keys_checked, open_of_period,
                                              static_cast<std::uint64_t>(now.checks.unlisted));
  now.success_at_rest = report::success_at_rest(now);
  now.success_interval = interval_success_;
  now.lag = statistics_.lag();
  now.newest = findings_.newest(newest_shown);
  if (settings_.findings.hash_keys) {
    for (auto& entry : now.newest) {
      entry.key.json = entry.key.hash.hex();
    }
  }
  now.shards = stream_at_stop_ ? *stream_at_stop_ : follower_.status();
  now.gaps = gaps_;
  now.source_units = statistics_.source_units();
  now.target_units = statistics_.target_units();
  now.stream_calls = statistics_.stream_calls();
  now.usd = (now.source_units + now.target_units) * usd_per_read_unit +
            static_cast<double>(now.stream_calls) * usd_per_stream_call;
  if (checks_.behind().behind()) {
    now.behind = progress_.estimate();
  }
  now.phase = !target_ready_              ? report::phase::importing
              : checks_.behind().behind() ? report::phase::catching_up
              : baseline_.active()        ? report::phase::baseline
                                          : report::phase::steady;
  now.baseline_complete = baseline_.complete_since().has_value();
  now.stands_on = baseline_.stands_on();
  now.asked = verify::coverage::of(settings_.period.sample_rate, settings_.period.ignored);
  now.stream_of = verify::origin_of(settings_.checks.way);
  now.settle = settings_.settle;
  now.well_for = settling_.lasted();
  now.settled = settling_.settled();
  now.accept_sampled = settings_.accept_sampled;
  now.unread_for = now.shards.unread_for;
  now.troubles = troubles(now);
  const auto pause = std::max(milliseconds{0}, pause_not_noted());
  now.late = checks_.later_than(now.at + pause - settings_.checks.max_lag - look_slack);
  now.answering_comparison = checks_.answering_comparison();
  now.unhealable = findings_.unhealable();
  now.restless_candidates = checks_.restless_candidates();
  now.drain_estimate = drain_estimate(now);
  now.freeze_at = settings_.freeze_at;
  now.writes_after_freeze = freeze_watch_.writes();
  now.first_write_after_freeze = freeze_watch_.first_key();
  now.ttl_deletes_after_freeze = freeze_watch_.ttl_deletes();
  now.read_as_asked = read_as_asked_;
  now.ended = ended_;
  now.verdict = report::decide_verdict(now);
  return now;
}

std::vector<std::string> monitor_session::troubles(const report::status& now) const {
  auto all = verifier_.troubles();
  if (failure_) {
    all.push_back("the run has failed: " + failure_->describe());
  }
  std::ranges::move(tables_troubles(tables_watched_until_.value_or(now.at)),
                    std::back_inserter(all));
  const auto expired = now.mismatches.of(verify::mismatch_kind::expired) +
                       now.unlisted.of(verify::mismatch_kind::expired);
  if (expired > 0 && !has_ttl()) {
    all.push_back(
        fmt::format("{} found expired while TTL was on, and it is off now: nobody deletes what is "
                    "on one side only; `compare` judges it anew",
                    expired == 1 ? "an item was" : fmt::format("{} items were", expired)));
  }
  if (!findings_.has_lines_left()) {
    all.emplace_back(
        "the findings have used up their lines, and new ones are only counted: with the next start "
        "those that have healed are forgotten");
  }
  if (auto trouble = baseline_.trouble(); !trouble.empty()) {
    all.push_back(std::move(trouble));
  }
  if (follower_.is_over()) {
    all.emplace_back("the stream was turned off: later changes are not seen");
  } else if (!now.shards.off.empty()) {
    all.push_back(now.shards.off);
  }
  if (!now.shards.unlisted_because.empty()) {
    all.push_back("the stream's shards cannot be listed: " + now.shards.unlisted_because);
  }
  if (now.shards.failing > 0) {
    all.push_back(fmt::format("{} of {} shards cannot be read: {}", now.shards.failing,
                              now.shards.open, now.shards.failure));
  }
  return all;
}

/// Nothing while something is late or cannot be read: nobody knows then.
std::optional<milliseconds> monitor_session::drain_estimate(const report::status& now) const {
  if (now.behind || !now.troubles.empty() || !now.unread_for || now.late.unmet > 0) {
    return std::nullopt;
  }
  return settings_.checks.max_lag + settings_.checks.replication_wait +
         std::max(now.shards.behind.value_or(milliseconds{0}), *now.unread_for) + seconds{5};
}

}  // namespace ddm::monitor
