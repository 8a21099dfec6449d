#include "summary/summarize_parts.h"

#include "base/units.h"
#include "report/success_text.h"
#include "report/text_parts.h"
#include "report/verdict.h"
#include "summary/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::summary {
namespace {

const monitor::stored_run& first_run(const facts& of) { return of.stored.runs.front(); }
const report::status& status_of(const facts& of) { return first_run(of).status; }

std::string or_unknown(const std::string& text) { return text.empty() ? "not known" : text; }

void add(section& to, std::string name, std::string value, tone how = tone::plain) {
  to.facts.push_back({.name = std::move(name), .value = std::move(value), .how = how});
}

/// "3 of 5 shards that the state lists, 1 was over before the start".
std::string shards_text(const facts& of) {
  const auto& shards = of.shards;
  auto text =
      fmt::format("{} of {} listed", grouped(shards.read), grouped(shards.listed - shards.skipped));
  if (shards.skipped > 0) {
    text += fmt::format(", {} more were over before reading began", grouped(shards.skipped));
  }
  const auto& now = status_of(of).shards;
  return text + fmt::format("; {} open, {} waiting for a parent, {} read to their end", now.open,
                            now.waiting, now.done);
}

std::string when_read_up_to(const report::status& now) {
  return now.unread_for ? moment(now.at - *now.unread_for) : std::string("not known");
}

std::string behind_text(const report::status& now) {
  if (!now.shards.behind) {
    return "not known: a shard was never read";
  }
  if (now.shards.behind->count() == 0) {
    return "caught up";
  }
  return fmt::format("{} behind; unread records leave the stream in {}",
                     spoken_duration(*now.shards.behind),
                     spoken_duration(now.shards.retention_left));
}

void add_success(section& to, const std::optional<report::success>& of, const std::string& text) {
  add(to, "success", of ? text : "nothing checked yet",
      !of || of->wrong > 0 ? tone::warning : tone::good);
}

/// Of several processes one after the other the last one's own time.
std::string time_of(std::int64_t ms) { return ms == 0 ? "not yet" : moment(from_ms(ms)); }

void add_checks(section& to, const report::status& now) {
  const auto& checks = now.checks;
  add(to, "checks",
      fmt::format("{} sampled = {} verified + {} superseded + {} pending + {} deferred + {} failed "
                  "+ {} healed",
                  report::number(checks.sampled), report::number(checks.verified),
                  report::number(checks.superseded), report::number(now.pending),
                  report::number(checks.deferred), report::number(checks.failed),
                  report::number(checks.healed)));
  add(to, "deletes checked", report::number(checks.deletes));
  if (checks.equal_by_ignoring > 0) {
    add(to, "equal by ignoring",
        fmt::format("{} are equal only thanks to --ignore-attribute",
                    report::number(checks.equal_by_ignoring)));
  }
}

std::string oldest_text(const facts& of) {
  if (of.oldest_pending) {
    return moment_before(*of.oldest_pending, of);
  }
  return status_of(of).pending > 0 ? "not known" : "none is pending";
}

}  // namespace

std::string moment_before(wall_time at, const facts& of) {
  return at > of.made
             ? moment(at)
             : fmt::format("{}, {} before this report", moment(at), spoken_duration(of.made - at));
}

std::string price_text(double usd) {
  return usd < 0.01 ? std::string("less than 0.01 USD") : fmt::format("about {:.2f} USD", usd);
}

std::string life_of(const monitor::stored_run& run) {
  if (run.status.ended) {
    return run.status.failure.empty() ? "ended" : "ended with a failure";
  }
  return run.goes_on() ? "goes on" : run.at_work ? "at work without a sign" : "works no more";
}

section tables_section(const facts& of) {
  const auto& tables = status_of(of).about.tables;
  table both{.title = "", .head = {"", "source", "target"}, .rows = {}, .where_to_find = {}};
  const auto row = [&](std::string name, std::string report::table_facts::* member) {
    both.rows.push_back(
        {std::move(name), or_unknown(tables.source.*member), or_unknown(tables.target.*member)});
  };
  row("table", &report::table_facts::name);
  row("ARN", &report::table_facts::arn);
  row("TableId", &report::table_facts::table_id);
  row("account", &report::table_facts::account);
  row("region", &report::table_facts::region);
  row("endpoint", &report::table_facts::endpoint);
  return {.title = "The two tables",
          .lead = "A table that was deleted and made anew under the same name has another TableId.",
          .tables = {std::move(both)}};
}

section parity_section(const facts& of) {
  using dynamodb::parity;
  const auto& now = status_of(of).table_settings;
  section made{.title = "Settings of the two tables",
               .lead =
                   "What a copy of the items does not carry over. The verdict does not speak of "
                   "them."};
  if (!now || !now->looked_at) {
    if (now) {
      add(made, "looked at", now->trouble.empty() ? "not yet" : "not yet: " + now->trouble,
          tone::warning);
    }
    return made;
  }
  add(made, "looked at", moment_before(*now->looked_at, of));
  if (!now->trouble.empty()) {
    add(made, "", "the last look failed: " + now->trouble, tone::warning);
  }
  const auto different = now->count(parity::different);
  const auto unknown = now->count(parity::unknown);
  add(made, "settings",
      fmt::format("{} equal, {} different, {} not known, {} accepted",
                  grouped(now->count(parity::equal)), grouped(different), grouped(unknown),
                  grouped(now->count(parity::accepted))),
      different + unknown > 0 ? tone::warning : tone::good);
  table list{.title = "",
             .head = {"setting", "source", "target", "state"},
             .rows = {},
             .where_to_find = {}};
  for (const auto state : {parity::different, parity::unknown, parity::accepted, parity::equal}) {
    for (const auto& row : now->rows) {
      if (row.state == state) {
        list.rows.push_back({row.name, row.source.value_or("not known"),
                             row.target.value_or("not known"), std::string(to_string(state))});
      }
    }
  }
  made.tables.push_back(std::move(list));
  return made;
}

section stream_section(const facts& of) {
  const auto& now = status_of(of);
  section made{.title = "The stream"};
  if (!now.follows_stream) {
    return made;
  }
  add(made, "read from", of.stream_began ? moment(*of.stream_began) : "not known");
  add(made, "read up to", when_read_up_to(now), now.unread_for ? tone::plain : tone::warning);
  add(made, "reading", behind_text(now));
  add(made, "shards read", shards_text(of));
  add(made, "newest change", of.last_write ? moment_before(*of.last_write, of) : "none was read");
  if (const auto& stream = now.about.stream) {
    add(made, "stream", or_unknown(stream->arn));
    add(made, "it tells",
        fmt::format("the {}'s changes, {}", to_string(stream->of), or_unknown(stream->view_type)));
  }
  if (now.freeze_at) {
    add(made, "frozen at",
        fmt::format("{}: {} writes after it, {} deletes by TTL", moment(*now.freeze_at),
                    report::number(now.writes_after_freeze),
                    report::number(now.ttl_deletes_after_freeze)),
        now.writes_after_freeze > 0 ? tone::bad : tone::plain);
  }
  return made;
}

section gaps_section(const facts& of) {
  constexpr std::size_t gaps_max = 100;
  const auto& gaps = status_of(of).gaps;
  section made{.title = "Coverage gaps",
               .lead =
                   "What was lost before it could be read. A comparison that begins after a gap "
                   "cures it."};
  if (gaps.empty()) {
    add(made, "gaps", "none, neither open nor cured", tone::good);
    return made;
  }
  const auto open = report::uncured_gaps(gaps);
  add(made, "gaps",
      fmt::format("{} open, {} cured", report::number(open),
                  report::number(static_cast<std::int64_t>(gaps.size()) - open)),
      open > 0 ? tone::bad : tone::plain);
  table list{.title = "",
             .head = {"noticed", "state", "reason", "shard"},
             .rows = {},
             .where_to_find = "report --output json has all"};
  for (const bool cured : {false, true}) {
    for (const auto& gap : gaps) {
      if (gap.cured == cured && list.rows.size() < gaps_max) {
        list.rows.push_back(
            {moment(gap.noticed), gap.cured ? "cured" : "open", gap.reason, gap.shard_id});
      }
    }
  }
  list.rows_left_out = gaps.size() - list.rows.size();
  made.tables.push_back(std::move(list));
  return made;
}

section at_rest_section(const facts& of) {
  const auto& now = status_of(of);
  section made{.title = "Items at rest (baseline)"};
  if (!now.compared || !now.compared->progress.begun()) {
    add(made, "comparison", "none has been made", tone::warning);
    return made;
  }
  const auto& progress = now.compared->progress;
  if (!progress.made_by.empty()) {
    add(made, "made by", progress.made_by);
  }
  add(made, "began", time_of(progress.started_ms));
  add(made, "ended", time_of(progress.finished_ms),
      progress.finished() ? tone::plain : tone::warning);
  add(made, "coverage", report::covered_text(progress.covered()));
  std::string name = "compared";
  for (const auto& line : report::comparison_lines(*now.compared)) {
    add(made, std::exchange(name, ""), line);
  }
  add_success(made, now.success_at_rest, report::success_at_rest_text(now));
  if (now.follows_stream) {
    add(made, "counts for GO",
        now.baseline_complete ? "yes: it is complete and began after the stream was first read"
                              : "no: it is not complete, or began before the stream was read",
        now.baseline_complete ? tone::good : tone::warning);
  }
  return made;
}

section changes_section(const facts& of) {
  const auto& now = status_of(of);
  section made{.title = "Changes"};
  if (!now.follows_stream) {
    return made;
  }
  const auto& events = now.events;
  add(made, "read",
      fmt::format("{} changes: {} INSERT, {} MODIFY, {} REMOVE, {} by TTL",
                  report::number(events.unique), report::number(events.insert),
                  report::number(events.modify), report::number(events.remove - events.ttl_remove),
                  report::number(events.ttl_remove)));
  add(made, "keys",
      fmt::format("about {} changed, about {} checked", grouped(now.keys_changed),
                  grouped(now.keys_checked)));
  add(made, "coverage", report::covered_text(now.asked));
  if (now.stands_on) {
    add(made, "",
        fmt::format("since the comparison began: {}",
                    report::covered_text(now.stands_on->changes)));
  }
  add_checks(made, now);
  add_success(made, now.success_of_changes, report::success_of_changes_text(now));
  add(made, "lag", report::lag_text(now));
  add(made, "oldest pending", oldest_text(of));
  add(made, "expected drain",
      now.drain_estimate ? fmt::format("everything judged about {} after a freeze",
                                       spoken_duration(*now.drain_estimate))
                         : std::string("not known while something is late or cannot be read"));
  return made;
}

section cost_section(const facts& of) {
  const auto& now = status_of(of);
  section made{.title = "Cost"};
  add(made, "consumed",
      fmt::format("{} source + {} target read units, {} stream calls",
                  report::decimal(now.source_units, 1), report::decimal(now.target_units, 1),
                  report::number(now.stream_calls)));
  add(made, "price", price_text(now.usd) + ", by the prices of us-east-1");
  return made;
}

section runs_section(const facts& of) {
  section made{.title = "The runs"};
  for (const auto& run : of.stored.runs) {
    const auto& now = run.status;
    add(made, run.command, fmt::format("{}; as of {}", life_of(run), moment_before(now.at, of)),
        run.goes_on() || (now.ended && !now.follows_stream) ? tone::plain : tone::warning);
    add(made, "",
        fmt::format(
            "version {}, started {}", or_unknown(now.about.version),
            now.about.version.empty() ? "at a time that is not known" : moment(now.about.started)));
    if (!now.failure.empty()) {
      add(made, "", "failed: " + now.failure, tone::bad);
    }
    if (!now.follows_stream && &run != &first_run(of)) {
      add(made, "", fmt::format("its verdict: {}", report::to_string(now.verdict.kind)));
    }
  }
  add(made, "state", of.state_file);
  if (const auto& findings = status_of(of).about.findings_file; !findings.empty()) {
    add(made, "findings", findings);
  }
  return made;
}

section settings_section(const facts& of) {
  section made{.title = "Configuration",
               .lead =
                   "Every flag that has a value, with the one in force. No secret is among "
                   "them.",
               .brief = false};
  for (const auto& each : status_of(of).about.settings) {
    add(made, "--" + each.name, each.value);
  }
  return made;
}

}  // namespace ddm::summary
