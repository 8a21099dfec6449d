#include "base/displayable.h"
#include "base/units.h"
#include "report/render.h"
#include "report/success_text.h"
#include "report/text_parts.h"
#include "report/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ddm::report {
namespace {

/// Of the changes of one interval.
std::string interval_text(double right) {
  return right >= 1 ? std::string("; no change of the last interval was wrong")
                    : fmt::format("; of the changes of the last interval {} were wrong",
                                  percent_text(1 - right));
}

std::string mismatch_line(const status& now) {
  auto line = open_mismatches(now);
  if (now.follows_stream && now.mismatches.all() > 0) {
    const auto at_rest = now.mismatches.at_rest_alone;
    line += fmt::format(": {} with {} failed changes, {} by a comparison alone",
                        number(now.mismatches.all() - at_rest),
                        number(now.mismatches.failed_changes), number(at_rest));
  }
  if (now.unlisted.all() > 0) {
    const auto changes = now.follows_stream ? fmt::format(" with {} failed changes",
                                                          number(now.checks.failed_unlisted))
                                            : std::string();
    line += fmt::format("; {} more confirmed{}, not listed", number(now.unlisted.all()), changes);
  }
  return line;
}

std::string stream_line(const status& now) {
  auto line = fmt::format("{} open, {} waiting, {} done; {}", grouped(now.shards.open),
                          grouped(now.shards.waiting), grouped(now.shards.done), how_far_text(now));
  const auto lost_at = now.at + now.shards.retention_left;
  line += now.shards.behind.value_or(milliseconds{0}).count() == 0
              ? std::string(now.unread_for ? ", retention 24 h" : "")
              : fmt::format(", data is lost in {} (at {})",
                            spoken_duration(now.shards.retention_left), format_rfc3339(lost_at));
  const auto gaps = uncured_gaps(now.gaps);
  return line + fmt::format("; {} gap{}", gaps, gaps == 1 ? "" : "s");
}

/// Empty: nothing is to be said.
std::string settings_line(const status& now) {
  if (!now.table_settings) {
    return {};
  }
  std::vector<std::string> names;
  for (const auto& row : now.table_settings->rows) {
    if (row.state == dynamodb::parity::different) {
      names.push_back(row.name);
    }
  }
  const auto& trouble = now.table_settings->trouble;
  if (names.empty()) {
    return trouble.empty() ? std::string() : "cannot be looked at again: " + trouble;
  }
  return fmt::format("differ: {} (see report){}", fmt::join(names, ", "),
                     trouble.empty() ? "" : "; the last look failed: " + trouble);
}

std::string coverage_line(const status& now) {
  auto line = fmt::format("changes: {}", covered_text(now.asked));
  if (now.stands_on) {
    line += fmt::format("; since the comparison began: {}; items at rest: {}",
                        covered_text(now.stands_on->changes), covered_text(now.stands_on->at_rest));
  }
  return line;
}

}  // namespace

std::string how_far_text(const status& now) {
  if (!now.unread_for || !now.shards.behind) {
    return "not known how far it is read";
  }
  return now.shards.behind->count() > 0 ? spoken_duration(*now.shards.behind) + " behind"
                                        : std::string("caught up");
}

std::string open_mismatches(const status& now) {
  std::string line;
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    if (now.mismatches.open.at(i) > 0) {
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", number(now.mismatches.open.at(i)),
                          verify::mismatch_kind_names.at(i));
    }
  }
  return line.empty() ? std::string("none open") : line + " open";
}

std::string time_of_day(wall_time at) {
  constexpr std::size_t day = std::string_view("2026-01-31T").size();
  constexpr std::size_t second = std::string_view("22:00:00").size();
  return format_rfc3339(at).substr(day, second) + "Z";
}

std::string rate_text(double per_second) {
  return decimal(per_second, per_second < 10 ? 1 : 0) + "/s";
}

std::string number(std::int64_t value) {
  return grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)));
}

std::string lag_text(const status& now) {
  if (now.lag.count() == 0) {
    return "not measured yet";
  }
  const auto at = [&](double share) { return spoken_duration(*now.lag.percentile(share)); };
  return fmt::format("p50 {}, p95 {}, p99 {}, max {} (over {} probes, {} of them upper bounds)",
                     at(0.5), at(0.95), at(0.99), spoken_duration(now.lag.max()),
                     grouped(now.lag.count()), grouped(now.lag.bounds()));
}

std::string covered_text(const verify::coverage& covered) {
  return covered.ignored.empty() ? sample_text(covered.sample_rate)
                                 : fmt::format("{} without {}", sample_text(covered.sample_rate),
                                               verify::join_patterns(covered.ignored));
}

std::string decimal(double value, int places) {
  const auto text = fmt::format("{:.{}f}", std::max(0.0, value), places);
  const auto point = std::min(text.find('.'), text.size());
  std::uint64_t whole = 0;
  return std::from_chars(text.data(), text.data() + point, whole).ec == std::errc()
             ? grouped(whole) + text.substr(point)
             : text;
}

std::string sample_text(std::uint64_t rate) {
  return rate == 1 ? std::string("every key") : fmt::format("1 key in {}", grouped(rate));
}

void append_line(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("\n  {:<11} {}", name, displayable(value));
}

void append_reasons(std::string& text, const status& now) {
  for (const auto& reason : now.verdict.reasons) {
    text += fmt::format("\n  - {}", displayable(reason));
  }
}

void append_mismatches(std::string& text, const status& now) {
  append_line(text, "mismatches", mismatch_line(now));
  for (const auto& entry : now.newest) {
    append_line(text, "",
                fmt::format("{} {} since {}", to_string(entry.kind), entry.key,
                            format_rfc3339(entry.first_seen)));
  }
}

void append_success(std::string& text, const status& now) {
  if (!now.success_of_changes && !now.success_at_rest) {
    append_line(text, "success", "nothing checked yet");
  }
  std::string_view name = "success";
  if (now.success_of_changes) {
    auto line = "changes: " + success_of_changes_text(now);
    if (now.success_interval) {
      line += interval_text(*now.success_interval);
    }
    append_line(text, std::exchange(name, ""), line);
  }
  if (now.success_at_rest) {
    append_line(text, name, "items at rest: " + success_at_rest_text(now));
  }
}

std::string success_of_changes_text(const status& now) {
  if (!now.success_of_changes) {
    return {};
  }
  return describe_success(*now.success_of_changes,
                          {.about = true,
                           .some_only_counted = now.unlisted.mismatches() > 0,
                           .out_of = now.keys_changed,
                           .named = "keys that changed"});
}

std::string success_at_rest_text(const status& now) {
  if (!now.success_at_rest) {
    return {};
  }
  const bool every_key = now.compared && now.compared->progress.finished() &&
                         now.compared->progress.sample_rate == 1 &&
                         !now.compared->progress.share().is_one_of_several();
  return describe_success(*now.success_at_rest, {.every_key = every_key,
                                                 .some_only_counted = now.unlisted.mismatches() > 0,
                                                 .out_of = now.table_items});
}

std::string render_text(const status& now) {
  const auto& events = now.events;
  const auto& checks = now.checks;
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    append_line(text, name, value);
  };
  text = fmt::format("{}  phase: {}  verdict: {}", format_rfc3339(now.at), to_string(now.phase),
                     to_string(now.verdict.kind));
  append_reasons(text, now);
  line("events",
       fmt::format("{} read, {} unique ({}/s): {} INSERT, {} MODIFY, {} REMOVE, {} TTL{}",
                   number(events.total), number(events.unique), decimal(now.events_per_second, 1),
                   number(events.insert), number(events.modify),
                   number(events.remove - events.ttl_remove), number(events.ttl_remove),
                   events.unknown > 0 ? fmt::format(", {} unknown", number(events.unknown))
                                      : std::string()));
  line("keys", fmt::format("about {} changed, about {} checked ({})", grouped(now.keys_changed),
                           grouped(now.keys_checked), sample_text(now.sample_rate)));
  line("checks",
       fmt::format("{} sampled = {} verified + {} superseded + {} pending + {} deferred + "
                   "{} failed + {} healed; {} deletes",
                   number(checks.sampled), number(checks.verified), number(checks.superseded),
                   number(now.pending), number(checks.deferred), number(checks.failed),
                   number(checks.healed), number(checks.deletes)));
  if (checks.left_to_baseline > 0 && !now.baseline_complete) {
    line("",
         fmt::format("{} changes were read before the target was ready, or had no room: left to a "
                     "comparison of the whole tables",
                     number(checks.left_to_baseline)));
  }
  if (checks.equal_by_ignoring > 0) {
    line("", fmt::format("{} are equal only thanks to --ignore-attribute",
                         number(checks.equal_by_ignoring)));
  }
  append_success(text, now);
  line("lag", lag_text(now));
  append_mismatches(text, now);
  if (now.compared && now.compared->progress.begun()) {
    std::string_view name = "compared";
    for (const auto& compared : comparison_lines(*now.compared)) {
      line(std::exchange(name, ""), compared);
    }
  }
  line("shards", stream_line(now));
  if (const auto settings = settings_line(now); !settings.empty()) {
    line("settings", settings);
  }
  line("consumed",
       fmt::format("{} source + {} target read units, {} stream calls: about {:.4f} USD",
                   decimal(now.source_units, 1), decimal(now.target_units, 1),
                   number(now.stream_calls), now.usd));
  line("coverage", coverage_line(now));
  line("drain", now.drain_estimate ? fmt::format("everything judged about {} after a freeze",
                                                 spoken_duration(*now.drain_estimate))
                                   : std::string("not known while something is late or cannot be "
                                                 "read"));
  return text;
}

std::string render_ending(const status& now) {
  auto text = fmt::format("{}  verdict: {}", format_rfc3339(now.at), to_string(now.verdict.kind));
  append_reasons(text, now);
  append_mismatches(text, now);
  return text;
}

}  // namespace ddm::report
