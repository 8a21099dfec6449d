#include "report/derive.h"

#include "report/prices.h"
#include "report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace ddm::report {
namespace {

/// Until what has arrived is looked at, read and committed.
constexpr std::chrono::seconds drain_slack{5};

phase phase_of(const status& now) {
  if (!now.follows_stream) {
    return phase::baseline;
  }
  if (!now.target_ready) {
    return phase::importing;
  }
  if (now.is_behind) {
    return phase::catching_up;
  }
  return now.comparing ? phase::baseline : phase::steady;
}

void add_troubles_of_findings(status& now) {
  const auto expired = now.mismatches.of(verify::mismatch_kind::expired) +
                       now.unlisted.of(verify::mismatch_kind::expired);
  if (now.follows_stream && expired > 0 && !now.has_ttl) {
    now.troubles.push_back(
        fmt::format("{} found expired while TTL was on, and it is off now: nobody deletes what is "
                    "on one side only; `compare` judges it anew",
                    expired == 1 ? "an item was" : fmt::format("{} items were", expired)));
  }
  if (now.follows_stream && now.finding_lines_used_up) {
    now.troubles.emplace_back(
        "the findings have used up their lines, and new ones are only counted: with the next start "
        "those that have healed are forgotten");
  }
  if (!now.comparison_trouble.empty()) {
    now.troubles.push_back(now.comparison_trouble);
  }
}

void add_troubles_of_stream(status& now) {
  const auto& shards = now.shards;
  if (now.stream_over) {
    now.troubles.emplace_back("the stream was turned off: later changes are not seen");
  } else if (!shards.off.empty()) {
    now.troubles.push_back(shards.off);
  }
  if (!shards.unlisted_because.empty()) {
    now.troubles.push_back("the stream's shards cannot be listed: " + shards.unlisted_because);
  }
  if (shards.failing > 0) {
    now.troubles.push_back(fmt::format("{} of {} shards cannot be read: {}", shards.failing,
                                       shards.open, shards.failure));
  }
}

/// Nothing while something is late or cannot be read: nobody knows then.
std::optional<milliseconds> drain_estimate(const status& now) {
  if (!now.follows_stream || now.behind || !now.troubles.empty() || !now.unread_for ||
      now.late.unmet > 0) {
    return std::nullopt;
  }
  return now.judged_after + std::max(now.shards.behind.value_or(milliseconds{0}), *now.unread_for) +
         drain_slack;
}

}  // namespace

void derive(status& now) {
  if (!now.failure.empty()) {
    now.troubles.insert(now.troubles.begin(), "the run has failed: " + now.failure);
  }
  if (!now.unsaved_because.empty()) {
    now.troubles.push_back("what is seen cannot be saved: " + now.unsaved_because);
  }
  if (now.follows_stream) {
    now.success_of_changes = success_of(now.keys_checked, now.open_of_period,
                                        static_cast<std::uint64_t>(now.checks.unlisted));
  }
  now.success_at_rest = success_at_rest(now);
  now.usd = cost_usd(now.source_units + now.target_units, now.read_unit_usd, now.stream_calls);
  if (is_cost_reached(now.usd, now.max_usd)) {
    now.troubles.push_back(
        fmt::format("the run has cost {:.2f} USD, and --max-usd allows {:.2f}: items are not read "
                    "any more",
                    now.usd, now.max_usd));
  }
  now.phase = phase_of(now);
  add_troubles_of_findings(now);
  add_troubles_of_stream(now);
  now.drain_estimate = drain_estimate(now);
  now.verdict = decide_verdict(now);
}

}  // namespace ddm::report
