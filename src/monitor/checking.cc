#include "monitor/checking.h"

#include "monitor/calls_made.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ddm::monitor {
namespace {

/// A change that came after another one is looked at again one max-lag after it was read: only what
/// is still open some time later is late.
constexpr std::chrono::seconds look_slack{5};

report::call_counts asked_of(const dynamodb::metered_table& table) {
  return calls_made(table.client.statistics(), table.pauses);
}

}  // namespace

checking::checking(const verify::check_settings& checks, const verify::verifier_options& verifier,
                   parts with, verify::verifier_events events)
    : parts_(with),
      settings_(checks),
      checks_(settings_),
      verifier_(verifier, with.executor, with.time, with.pool, with.decoder, with.source,
                with.target, checks_, with.findings, std::move(events)) {}

void checking::hasten(wall_time now) {
  checks_.hasten(now);
  verifier_.flush();
}

void checking::collect(state::commit_batch& batch) {
  checks_.take_dirty(batch.checks, batch.checks_closed);
}

void checking::tell(report::status& now) const {
  std::ranges::move(verifier_.troubles(), std::back_inserter(now.troubles));
  now.check_bytes = checks_.bytes();
  now.asked_of_tables = {.source = asked_of(parts_.source), .target = asked_of(parts_.target)};
  if (!settings_.follows_stream) {
    return;
  }
  now.pending = static_cast<std::int64_t>(checks_.size() - checks_.candidates());
  now.is_behind = checks_.behind().behind();
  now.stream_of = verify::origin_of(settings_.way);
  now.judged_after = settings_.max_lag + settings_.replication_wait;
  const auto pause = std::max(milliseconds{0}, pause_());
  now.late = checks_.later_than(now.at + pause - settings_.max_lag - look_slack);
  now.answering_comparison = checks_.answering_comparison();
  now.restless_candidates = checks_.restless_candidates();
}

}  // namespace ddm::monitor
