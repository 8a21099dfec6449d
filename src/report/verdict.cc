#include "report/verdict.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ddm::report {
namespace {

std::string count(std::int64_t number, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}",
                     grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(0, number))),
                     number == 1 ? singular : plural);
}

std::int64_t uncured(const std::vector<state::gap_row>& gaps) {
  return std::ranges::count_if(gaps, [](const state::gap_row& gap) { return !gap.cured; });
}

std::vector<std::string> reasons_against(const status& now) {
  std::vector<std::string> reasons;
  if (const auto open = now.mismatches.mismatches(); open > 0) {
    reasons.push_back(count(open, "confirmed mismatch is open", "confirmed mismatches are open"));
  }
  if (const auto gaps = uncured(now.gaps); gaps > 0) {
    reasons.push_back(count(gaps, "coverage gap: changes left the stream before they were read",
                            "coverage gaps: changes left the stream before they were read"));
  }
  if (now.writes_after_freeze > 0) {
    reasons.push_back(fmt::format("{} came after the freeze, the first to key {}",
                                  count(now.writes_after_freeze, "write", "writes"),
                                  now.first_write_after_freeze));
  }
  return reasons;
}

bool nothing_checked(const status& now) { return now.keys_checked == 0 && keys_compared(now) == 0; }

/// Keys of the comparison that have no outcome and never will, or not yet.
bool comparison_is_open(const status& now) {
  return now.compared &&
         (!now.compared->progress.finished() || now.compared->progress.candidates_restless > 0);
}

void add_reasons_of_comparison(const status& now, std::vector<std::string>& reasons) {
  if (!now.compared || !now.compared->progress.begun()) {
    reasons.emplace_back("items that did not change have not been compared");
    return;
  }
  const auto& progress = now.compared->progress;
  if (!progress.all_scanned()) {
    reasons.push_back(fmt::format("the comparison of the items at rest is {:.0f} % done",
                                  std::floor(now.compared->share_read() * 100)));
  } else if (!progress.finished()) {
    reasons.push_back(count(progress.candidates - progress.candidates_closed,
                            "key that the comparison found unequal is still being judged",
                            "keys that the comparison found unequal are still being judged"));
  }
  if (progress.candidates_restless > 0) {
    reasons.push_back(count(progress.candidates_restless,
                            "key changed all the time and could not be judged",
                            "keys changed all the time and could not be judged"));
  }
  if (!now.follows_stream) {
    reasons.emplace_back("changes since the comparison began are not checked: `monitor` does that");
  } else if (progress.finished() && !now.baseline_complete) {
    reasons.emplace_back("the comparison of the items at rest began before the stream was read");
  }
}

std::string settling_reason(const status& now) {
  const bool frozen = now.freeze_at && now.at > *now.freeze_at;
  return fmt::format("all has been well for {}{}: GO needs {}", spoken_duration(now.well_for),
                     frozen ? " before the freeze" : "", spoken_duration(now.settle));
}

std::vector<std::string> sampled_reasons(const status& now) {
  std::vector<std::string> reasons;
  const auto add = [&](std::string_view what, std::uint64_t rate) {
    if (rate > 1) {
      reasons.push_back(fmt::format("{} 1 key in {}", what, grouped(rate)));
    }
  };
  add("changes are checked of", now.sample_rate);
  add("items at rest are compared of",
      static_cast<std::uint64_t>(now.compared->progress.sample_rate));
  return reasons;
}

std::vector<std::string> reasons_to_wait(const status& now) {
  std::vector<std::string> reasons;
  if (!now.trouble.empty()) {
    reasons.push_back(now.trouble);
  }
  if (now.phase == phase::importing) {
    reasons.emplace_back("the target table is not ready: changes are counted, not checked");
  }
  if (now.behind) {
    reasons.push_back(fmt::format(
        "replication is {} late{}", spoken_duration(now.behind->late),
        now.behind->remaining
            ? fmt::format(", gaining, there in about {}", spoken_duration(*now.behind->remaining))
            : std::string(" and does not gain")));
  }
  if (const auto unreadable = now.mismatches.of(verify::mismatch_kind::unreadable);
      unreadable > 0) {
    reasons.push_back(count(unreadable, "item is unreadable", "items are unreadable"));
  }
  if (nothing_checked(now)) {
    reasons.emplace_back("nothing has been checked yet");
  }
  if (now.overdue > 0 && !now.behind) {
    reasons.push_back(count(static_cast<std::int64_t>(now.overdue),
                            "check is older than the allowed lag",
                            "checks are older than the allowed lag"));
  }
  if (now.checks.deferred > 0) {
    reasons.push_back(count(now.checks.deferred, "check is deferred for lack of memory",
                            "checks are deferred for lack of memory"));
  }
  if (now.shards.behind > std::chrono::seconds{60}) {
    reasons.push_back(
        fmt::format("reading is {} behind the stream", spoken_duration(now.shards.behind)));
  }
  add_reasons_of_comparison(now, reasons);
  return reasons;
}

}  // namespace

std::string_view to_string(phase value) {
  switch (value) {
    case phase::importing:
      return "importing";
    case phase::catching_up:
      return "catching up";
    case phase::baseline:
      return "baseline";
    case phase::steady:
      return "steady";
  }
  return "?";
}

std::string_view to_string(verdict_kind value) {
  switch (value) {
    case verdict_kind::go:
      return "GO";
    case verdict_kind::go_sampled:
      return "GO (sampled)";
    case verdict_kind::wait:
      return "WAIT";
    case verdict_kind::no_go:
      return "NO-GO";
  }
  return "?";
}

std::uint64_t keys_compared(const status& now) {
  return now.compared ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.compared->keys()))
                      : 0;
}

bool is_well(const status& now) {
  return reasons_against(now).empty() && reasons_to_wait(now).empty();
}

verdict decide_verdict(const status& now) {
  if (auto against = reasons_against(now); !against.empty()) {
    return {verdict_kind::no_go, std::move(against)};
  }
  if (auto wait = reasons_to_wait(now); !wait.empty()) {
    return {verdict_kind::wait, std::move(wait)};
  }
  if (!now.settled) {
    return {verdict_kind::wait, {settling_reason(now)}};
  }
  auto sampled = sampled_reasons(now);
  const bool plain = sampled.empty() || now.accept_sampled;
  return {plain ? verdict_kind::go : verdict_kind::go_sampled, std::move(sampled)};
}

exit_code decide_exit(const status& at_end, bool require_go) {
  if (at_end.mismatches.mismatches() > 0) {
    return exit_code::mismatches;
  }
  const bool incomplete = uncured(at_end.gaps) > 0 || at_end.pending > 0 ||
                          at_end.checks.deferred > 0 || nothing_checked(at_end) ||
                          comparison_is_open(at_end) ||
                          at_end.mismatches.of(verify::mismatch_kind::unreadable) > 0;
  const bool go = at_end.verdict.kind == verdict_kind::go;
  return incomplete || (require_go && !go) ? exit_code::incomplete : exit_code::equal;
}

}  // namespace ddm::report
