#include "report/verdict.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddm::report {
namespace {

/// While GO is shown, every change older than this has been read.
constexpr std::chrono::seconds unread_max{60};

enum class weight {
  wrong,    ///< NO-GO
  late,     ///< or not complete: WAIT
  unknown,  ///< WAIT, but nothing that has been earned is lost
};

struct reason {
  weight how;
  std::string words;
};

class reason_list {
 public:
  void add(weight how, std::string words) { reasons_.push_back({how, std::move(words)}); }
  [[nodiscard]] bool has(weight how) const {
    return std::ranges::any_of(reasons_, [&](const reason& each) { return each.how == how; });
  }
  [[nodiscard]] bool empty() const { return reasons_.empty(); }
  /// What is wrong first.
  [[nodiscard]] std::vector<std::string> words() && {
    std::vector<std::string> all;
    for (const bool wrong : {true, false}) {
      for (auto& each : reasons_) {
        if ((each.how == weight::wrong) == wrong) {
          all.push_back(std::move(each.words));
        }
      }
    }
    return all;
  }

 private:
  std::vector<reason> reasons_;
};

std::string count(std::int64_t number, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}",
                     grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(0, number))),
                     number == 1 ? singular : plural);
}

std::string count(std::size_t number, std::string_view singular, std::string_view plural) {
  return count(static_cast<std::int64_t>(number), singular, plural);
}

bool nothing_checked(const status& now) { return now.keys_checked == 0 && keys_compared(now) == 0; }

/// Keys of the comparison that have no outcome and never will, or not yet.
bool comparison_is_open(const status& now) {
  return now.compared &&
         (!now.compared->progress.finished() || now.compared->progress.candidates_restless > 0);
}

/// Something of the stream was to be read and does not answer. What was asked for may have been
/// read before.
bool stream_is_unread(const status& now) {
  return now.follows_stream && !now.read_as_asked && !now.shards.all_answer();
}

/// It read items and compared none of them: the sample chose none.
bool comparison_chose_nothing(const status& now) {
  const auto& seen = now.compared->seen;
  return keys_compared(now) == 0 && seen.source_items + seen.target_items > 0;
}

void add_what_is_wrong(const status& now, reason_list& reasons) {
  if (const auto open = now.mismatches.mismatches(); open > 0) {
    reasons.add(weight::wrong,
                count(open, "confirmed mismatch is open", "confirmed mismatches are open"));
  }
  if (const auto unlisted = now.unlisted.mismatches(); unlisted > 0) {
    reasons.add(weight::wrong, count(unlisted, "more was confirmed and is not listed",
                                     "more were confirmed and are not listed"));
  }
  if (now.unhealable > 0) {
    reasons.add(weight::wrong,
                fmt::format("{} found while fewer attributes were ignored: without these "
                            "--ignore-attribute they may heal",
                            count(now.unhealable, "of them was", "of them were")));
  }
  if (const auto gaps = uncured_gaps(now.gaps); gaps > 0) {
    const auto last = std::ranges::find_if(now.gaps.rbegin(), now.gaps.rend(),
                                           [](const auto& gap) { return !gap.cured; });
    reasons.add(weight::wrong,
                fmt::format("{}: {}; a comparison that begins now makes up for it",
                            count(gaps, "coverage gap", "coverage gaps"), last->reason));
  }
  if (now.writes_after_freeze > 0) {
    reasons.add(weight::wrong, fmt::format("{} came after the freeze, the first to key {}",
                                           count(now.writes_after_freeze, "write", "writes"),
                                           now.first_write_after_freeze));
  }
}

void add_state_of_reading(const status& now, reason_list& reasons) {
  for (const auto& trouble : now.troubles) {
    reasons.add(weight::unknown, trouble);
  }
  if (!now.follows_stream) {
    return;
  }
  if (now.stream_of == side::target) {
    reasons.add(weight::late,
                "only the target's stream is read: a change that never arrived leaves no trace in "
                "it");
  }
  if (!now.unread_for) {
    reasons.add(weight::unknown, "up to when the stream has been read is not known");
  } else if (*now.unread_for > unread_max) {
    reasons.add(weight::unknown,
                fmt::format("reading is {} behind the stream", spoken_duration(*now.unread_for)));
  }
}

void add_late_checks(const status& now, reason_list& reasons) {
  const auto& late = now.late;
  if (now.behind) {
    reasons.add(
        weight::late,
        fmt::format("replication is {} late{}", spoken_duration(now.behind->late),
                    now.behind->remaining ? fmt::format(", gaining, there in about {}",
                                                        spoken_duration(*now.behind->remaining))
                                          : std::string(" and does not gain")));
  } else if (late.unmet > 0) {
    reasons.add(weight::late, count(late.unmet, "change has not arrived within the allowed lag",
                                    "changes have not arrived within the allowed lag"));
  }
  if (late.unlooked > 0 && !now.behind) {
    reasons.add(weight::unknown,
                count(late.unlooked, "change is older than the allowed lag and not looked at yet",
                      "changes are older than the allowed lag and not looked at yet"));
  }
  if (const auto restless = late.unjudgeable + now.restless_candidates; restless > 0) {
    reasons.add(weight::unknown,
                count(restless, "key changes all the time and cannot be judged until it rests",
                      "keys change all the time and cannot be judged until they rest"));
  }
  if (now.checks.deferred > 0) {
    reasons.add(weight::late, count(now.checks.deferred, "check is deferred for lack of memory",
                                    "checks are deferred for lack of memory"));
  }
  if (now.ended && now.pending > 0) {
    reasons.add(weight::late, count(now.pending, "check has no outcome yet",
                                    "checks have no outcome yet: the next run takes them up"));
  }
}

void add_what_was_not_looked_at(const status& now, reason_list& reasons) {
  if (now.phase == phase::importing) {
    reasons.add(weight::late, "the target table is not ready: changes are counted, not checked");
  }
  if (const auto unreadable = now.mismatches.of(verify::mismatch_kind::unreadable);
      unreadable > 0) {
    reasons.add(weight::late, count(unreadable, "item is unreadable", "items are unreadable"));
  }
  if (nothing_checked(now)) {
    reasons.add(weight::late, "nothing has been checked yet");
    return;
  }
  const bool needs_changes =
      now.follows_stream && !(now.stands_on && now.stands_on->at_rest_suffices);
  if (needs_changes && now.sample_rate > 1 && now.events.unique > 0 && now.checks.sampled == 0 &&
      now.checks.left_to_baseline == 0) {
    reasons.add(
        weight::late,
        fmt::format("no change has been checked: the sample, 1 key in {}, chose none of {}",
                    grouped(now.sample_rate), count(now.events.unique, "change", "changes")));
  }
}

/// Of an export that counts for nothing.
std::string why_not(const compare::comparison_progress& progress) {
  return progress.withheld.empty() ? std::string(": compare without it") : ": " + progress.withheld;
}

void add_state_of_comparison(const status& now, reason_list& reasons) {
  if (now.reading_changes) {
    reasons.add(weight::late,
                "the items at rest are not compared yet: what changed since the export is being "
                "read");
  }
  if (!now.compared || !now.compared->progress.begun()) {
    if (!now.reading_changes) {
      reasons.add(weight::late, "items that did not change have not been compared");
    }
    return;
  }
  const auto& progress = now.compared->progress;
  if (now.answering_comparison > 0) {
    reasons.add(weight::late,
                count(now.answering_comparison,
                      "key that the comparison found unequal has changed and is being checked",
                      "keys that the comparison found unequal have changed and are being checked"));
  }
  if (progress.share().is_one_of_several()) {
    reasons.add(weight::late,
                fmt::format("this is the part of worker {} of {}: compare --merge makes one result "
                            "of all",
                            progress.worker, progress.workers));
  }
  if (!progress.all_scanned()) {
    reasons.add(weight::late, fmt::format("the comparison of the items at rest is {:.0f} % done",
                                          std::floor(now.compared->share_read() * 100)));
  } else if (!progress.finished()) {
    reasons.add(weight::late,
                count(progress.candidates_open(),
                      "key that the comparison found unequal is still being judged",
                      "keys that the comparison found unequal are still being judged"));
  } else if (comparison_chose_nothing(now)) {
    reasons.add(weight::late, "nothing was compared: the comparison's sample chose no key");
  }
  if (progress.candidates_restless > 0) {
    reasons.add(weight::late,
                count(progress.candidates_restless, "key changed all the time and was not judged",
                      "keys changed all the time and were not judged"));
  }
  if (!now.follows_stream) {
    reasons.add(weight::late,
                progress.is_current()
                    ? "changes since the comparison began are not checked: `monitor` does that"
                    : "changes since the export was made are not all checked" + why_not(progress));
  } else if (progress.finished() && !now.reading_changes &&
             !(now.baseline_complete && now.stands_on)) {
    reasons.add(weight::late,
                progress.is_current()
                    ? "the comparison of the items at rest began before the stream was read"
                    : "the comparison of the items at rest was made with an export that is no "
                      "proof" +
                          why_not(progress));
  }
  if (now.stands_on &&
      !verify::leaves_out_all_of(now.asked.ignored, now.stands_on->weakest().ignored)) {
    reasons.add(weight::late,
                fmt::format("{} left out when the items at rest or changes since were compared: "
                            "only a comparison that begins now can tell",
                            verify::join_patterns(now.stands_on->weakest().ignored)));
  }
}

reason_list reasons_against_go(const status& now) {
  reason_list reasons;
  add_what_is_wrong(now, reasons);
  add_state_of_reading(now, reasons);
  add_late_checks(now, reasons);
  add_what_was_not_looked_at(now, reasons);
  add_state_of_comparison(now, reasons);
  return reasons;
}

std::string settling_reason(const status& now) {
  const bool frozen = now.freeze_at && now.at > *now.freeze_at;
  return fmt::format("all has been well for {}{}: GO needs {}", spoken_duration(now.well_for),
                     frozen ? " before the freeze" : "", spoken_duration(now.settle));
}

/// What a GO does not speak for.
std::vector<std::string> limits_of(const evidence& stands_on) {
  std::vector<std::string> limits;
  const auto add = [&](std::string_view what, std::uint64_t rate) {
    if (rate > 1) {
      limits.push_back(fmt::format("{} 1 key in {}", what, grouped(rate)));
    }
  };
  if (!stands_on.at_rest_suffices) {
    add("changes were checked of", stands_on.changes.sample_rate);
  }
  add("items at rest were compared of", stands_on.at_rest.sample_rate);
  return limits;
}

}  // namespace

std::int64_t uncured_gaps(const std::vector<state::gap_row>& gaps) {
  return std::ranges::count_if(gaps, [](const state::gap_row& gap) { return !gap.cured; });
}

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

health health_of(const status& now) {
  const auto reasons = reasons_against_go(now);
  if (reasons.has(weight::wrong) || reasons.has(weight::late)) {
    return health::unwell;
  }
  return reasons.empty() ? health::well : health::unknown;
}

verdict decide_verdict(const status& now) {
  auto reasons = reasons_against_go(now);
  const bool earned = now.settled || (now.stands_on && now.stands_on->at_rest_suffices);
  if (!earned && !reasons.has(weight::wrong) && !reasons.has(weight::late)) {
    reasons.add(weight::late, settling_reason(now));
  }
  if (!reasons.empty()) {
    const auto kind = reasons.has(weight::wrong) ? verdict_kind::no_go : verdict_kind::wait;
    return {kind, std::move(reasons).words()};
  }
  const auto weakest = now.stands_on ? now.stands_on->weakest() : verify::coverage{};
  auto limits = now.stands_on ? limits_of(*now.stands_on) : std::vector<std::string>();
  const bool plain = weakest.sample_rate == 1 || now.accept_sampled;
  if (!weakest.ignored.empty()) {
    limits.push_back("left out of comparisons: " + verify::join_patterns(weakest.ignored));
  }
  return {plain ? verdict_kind::go : verdict_kind::go_sampled, std::move(limits)};
}

exit_code decide_exit(const status& at_end, bool require_go) {
  if (at_end.mismatches.mismatches() + at_end.unlisted.mismatches() > 0) {
    return exit_code::mismatches;
  }
  const bool incomplete =
      uncured_gaps(at_end.gaps) > 0 || at_end.pending > 0 || at_end.checks.deferred > 0 ||
      nothing_checked(at_end) || stream_is_unread(at_end) || comparison_is_open(at_end) ||
      is_cost_reached(at_end.usd, at_end.max_usd) || at_end.writes_after_freeze > 0 ||
      at_end.mismatches.of(verify::mismatch_kind::unreadable) > 0;
  const bool go = at_end.verdict.kind == verdict_kind::go;
  return incomplete || (require_go && !go) ? exit_code::incomplete : exit_code::equal;
}

}  // namespace ddm::report
