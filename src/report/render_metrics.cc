#include "report/render_metrics.h"

#include "base/displayable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::report {
namespace {

/// Of the lags' buckets, in seconds: from what a look takes up to what a stream keeps.
constexpr std::array lag_limits{0.05, 0.1, 0.25, 0.5,  1.0,   2.5,    5.0,    10.0,    15.0,
                                30.0, 60., 120., 300., 600.0, 1800.0, 3600.0, 21600.0, 86400.0};

/// Anybody's text. What the format has no escape for, and what a terminal or a chat would obey, is
/// made visible first.
std::string label_value(std::string_view text) {
  std::string escaped;
  for (const char c : displayable(text)) {
    if (c == '\\' || c == '"') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, label_value(value));
}

std::string value_text(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  return std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf") : fmt::format("{}", value);
}
std::string value_text(std::integral auto value) { return fmt::format("{}", value); }

double seconds(milliseconds of) { return std::chrono::duration<double>(of).count(); }

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

double seconds_or_nan(const std::optional<milliseconds>& of) {
  return of ? seconds(*of) : not_known;
}

/// A counter never goes below 0.
constexpr std::int64_t counted(std::int64_t value) { return std::max<std::int64_t>(0, value); }

/// Where the samples of one family of one run go.
class samples {
 public:
  samples(std::string& text, std::string_view family, std::string_view labels)
      : text_(text), family_(family), labels_(labels) {}

  void add(auto value) { append("", labels_, value); }
  void add(std::string_view name, std::string_view of, auto value) {
    append("", labels_ + "," + label(name, of), value);
  }
  void add(std::string_view name, std::string_view of, std::string_view other_name,
           std::string_view other, auto value) {
    append("", labels_ + "," + label(name, of) + "," + label(other_name, other), value);
  }
  /// No sample where nothing is known: before 1970 there is no time of a run.
  void add_time(const std::optional<wall_time>& at) {
    if (at && *at > wall_time{}) {
      add(seconds(at->time_since_epoch()));
    }
  }
  void add_lags(const lag_histogram& lags) {
    const auto bucket = [&](std::string_view limit, std::uint64_t count) {
      append("_bucket", labels_ + "," + label("le", limit), count);
    };
    for (const double limit : lag_limits) {
      bucket(value_text(limit), lags.at_most(milliseconds{std::llround(limit * 1000)}));
    }
    bucket("+Inf", lags.count());
    append("_sum", labels_, lags.sum().count());
    append("_count", labels_, lags.count());
  }

 private:
  void append(std::string_view suffix, const std::string& labels, auto value) {
    text_ += fmt::format("{}{}{{{}}} {}\n", family_, suffix, labels, value_text(value));
  }

  std::string& text_;
  std::string_view family_;
  std::string labels_;
};

void add_kinds(samples& out, const verify::kind_counts& counts) {
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    out.add("kind", verify::mismatch_kind_names.at(i), counts.open.at(i));
  }
}

template <class Kind>
struct named {
  Kind kind;
  std::string_view name;
};

/// 1 for what it is, 0 for all that it is not.
template <class Kind, std::size_t Count>
void add_one_of(samples& out, std::string_view name, Kind is, const named<Kind> (&all)[Count]) {
  for (const auto& each : all) {
    out.add(name, each.name, is == each.kind ? 1 : 0);
  }
}

/// What a monitor or comparison asks in any case, so that their values are there from the start.
constexpr std::array<std::string_view, 5> usual_of_tables{"BatchGetItem", "DescribeTable",
                                                          "DescribeTimeToLive", "GetItem", "Scan"};
constexpr std::array<std::string_view, 3> usual_of_stream{"DescribeStream", "GetRecords",
                                                          "GetShardIterator"};

void add_operations(samples& out, std::string_view service, const call_counts& asked,
                    std::span<const std::string_view> usual,
                    std::uint64_t operation_counts::* member) {
  std::map<std::string_view, std::uint64_t> counts;
  for (const auto operation : usual) {
    counts.emplace(operation, 0);
  }
  for (const auto& each : asked.operations) {
    counts[each.operation] += each.*member;
  }
  for (const auto& [operation, count] : counts) {
    out.add("service", service, "operation", operation, count);
  }
}

/// `member` of what was asked of each service.
void add_asked(samples& out, const status& now, std::uint64_t operation_counts::* member) {
  add_operations(out, "source", now.asked_of_tables.source, usual_of_tables, member);
  add_operations(out, "target", now.asked_of_tables.target, usual_of_tables, member);
  add_operations(out, "stream", now.asked_of_stream, usual_of_stream, member);
}

void add_pauses(samples& out, const status& now) {
  out.add("service", "source", now.asked_of_tables.source.pauses);
  out.add("service", "target", now.asked_of_tables.target.pauses);
  out.add("service", "stream", now.asked_of_stream.pauses);
}

/// `of` is unique in each run, whoever stored it.
void add_credentials(samples& out, const status& now,
                     std::optional<double> (*tell)(const credential_facts&)) {
  std::set<std::string> told;
  for (const auto& each : now.credentials) {
    const auto value = tell(each);
    if (told.insert(displayable(each.of)).second && value) {
      out.add("of", each.of, *value);
    }
  }
}

std::int64_t gaps(const status& now, bool cured) {
  return std::ranges::count(now.gaps, cured, &state::gap_row::cured);
}

double share_right(const std::optional<success>& of) { return of ? of->rate.value : not_known; }

compare::comparison_view compared(const status& now) {
  return now.compared.value_or(compare::comparison_view{});
}

std::optional<wall_time> moment(std::int64_t ms) {
  return ms == 0 ? std::nullopt : std::optional(from_ms(ms));
}

struct family {
  std::string_view name;
  std::string_view type;
  std::string_view help;  ///< no backslash and no line break
  void (*tell)(const status& now, samples& out);
};

// How the run stands.
constexpr family standing[]{
    {"ddm_verdict", "gauge", "1 for the verdict of the moment, 0 for the others.",
     [](const status& now, samples& out) {
       add_one_of<verdict_kind>(out, "verdict", now.verdict.kind,
                                {{verdict_kind::go, "go"},
                                 {verdict_kind::go_sampled, "go_sampled"},
                                 {verdict_kind::wait, "wait"},
                                 {verdict_kind::no_go, "no_go"}});
     }},
    {"ddm_verdict_change_timestamp_seconds", "gauge",
     "Since when the verdict is of this kind, as far as this process has seen.",
     [](const status& now, samples& out) { out.add_time(now.verdict_since); }},
    {"ddm_phase", "gauge", "1 for the phase of the moment, 0 for the others.",
     [](const status& now, samples& out) {
       add_one_of<phase>(out, "phase", now.phase,
                         {{phase::importing, "importing"},
                          {phase::catching_up, "catching_up"},
                          {phase::baseline, "baseline"},
                          {phase::steady, "steady"}});
     }},
    {"ddm_run_ended", "gauge", "1 once the run is over: its figures stay as they are.",
     [](const status& now, samples& out) { out.add(now.ended ? 1 : 0); }},
    {"ddm_run_failed", "gauge", "1 once the run has failed.",
     [](const status& now, samples& out) { out.add(now.failure.empty() ? 0 : 1); }},
    {"ddm_process_start_timestamp_seconds", "gauge", "When the process of the run began.",
     [](const status& now, samples& out) { out.add_time(now.about.started); }},
    {"ddm_status_timestamp_seconds", "gauge", "The moment of these figures.",
     [](const status& now, samples& out) { out.add_time(now.at); }},
    {"ddm_last_commit_timestamp_seconds", "gauge",
     "When this process has last written the state; absent before the first time.",
     [](const status& now, samples& out) { out.add_time(now.committed_at); }},
    {"ddm_freeze_timestamp_seconds", "gauge", "The moment of --freeze-at; absent without.",
     [](const status& now, samples& out) { out.add_time(now.freeze_at); }},
    // A later freeze forgets them, so they are no counter.
    {"ddm_writes_after_freeze", "gauge", "Writes to the source after the freeze, by whom.",
     [](const status& now, samples& out) {
       out.add("by", "writer", now.writes_after_freeze);
       out.add("by", "ttl", now.ttl_deletes_after_freeze);
     }},
};

// What was read of the stream, and what became of it.
constexpr family changes[]{
    {"ddm_events_read_total", "counter", "Stream records read, with those delivered again.",
     [](const status& now, samples& out) { out.add(counted(now.events.total)); }},
    // The status counts TTL deletes among the removes; values of a label add up.
    {"ddm_events_total", "counter", "Stream records, each once, by kind.",
     [](const status& now, samples& out) {
       out.add("kind", "insert", counted(now.events.insert));
       out.add("kind", "modify", counted(now.events.modify));
       out.add("kind", "remove", counted(now.events.remove - now.events.ttl_remove));
       out.add("kind", "ttl_remove", counted(now.events.ttl_remove));
       out.add("kind", "unknown", counted(now.events.unknown));
     }},
    // `healed` falls where a repair is undone; as rare as a period that begins anew.
    {"ddm_checks_total", "counter", "Changes whose check is over, by its outcome.",
     [](const status& now, samples& out) {
       out.add("outcome", "verified", counted(now.checks.verified));
       out.add("outcome", "superseded", counted(now.checks.superseded));
       out.add("outcome", "healed", counted(now.checks.healed));
       out.add("outcome", "left_to_baseline", counted(now.checks.left_to_baseline));
     }},
    // They become healed, or left to a comparison: what falls is no counter.
    {"ddm_checks_failed", "gauge", "Changes that the open mismatches stand for.",
     [](const status& now, samples& out) { out.add(now.checks.failed); }},
    {"ddm_checks_open", "gauge", "Changes that are not judged yet.",
     [](const status& now, samples& out) {
       out.add("state", "pending", now.pending);
       out.add("state", "deferred", now.checks.deferred);
     }},
    {"ddm_checks_open_bytes", "gauge", "Memory that open checks take.",
     [](const status& now, samples& out) { out.add(now.check_bytes); }},
    // Estimates beyond 4,096 keys, and never more than the changes: they may fall.
    {"ddm_keys_changed", "gauge", "Distinct keys that have changed, about.",
     [](const status& now, samples& out) { out.add(now.keys_changed); }},
    {"ddm_keys_checked", "gauge", "Distinct keys of which a change was judged, about.",
     [](const status& now, samples& out) { out.add(now.keys_checked); }},
    {"ddm_keys_right_ratio", "gauge",
     "Share of the keys that are right, of changes and of items at rest; NaN: none was checked.",
     [](const status& now, samples& out) {
       out.add("of", "changes", share_right(now.success_of_changes));
       out.add("of", "items_at_rest", share_right(now.success_at_rest));
     }},
    {"ddm_lag_seconds", "histogram",
     "From a change in one table to its arrival in the other, at most 4 % longer than it was.",
     [](const status& now, samples& out) { out.add_lags(now.lag); }},
    {"ddm_lag_upper_bounds_total", "counter",
     "Lags that were there at the first look: the true ones are at most as long.",
     [](const status& now, samples& out) { out.add(now.lag.bounds()); }},
    {"ddm_mismatches_open", "gauge", "Confirmed mismatches that are open, by kind.",
     [](const status& now, samples& out) { add_kinds(out, now.mismatches); }},
    {"ddm_mismatches_unlisted", "gauge",
     "Mismatches confirmed beyond --findings-max, by kind: a key perhaps more than once.",
     [](const status& now, samples& out) { add_kinds(out, now.unlisted); }},
};

// How far. A comparison alone reads no stream: it has no samples of the first four.
constexpr family reading[]{
    {"ddm_stream_behind_seconds", "gauge",
     "Age of the oldest unread record, 0 when caught up; NaN: a shard was never read.",
     [](const status& now, samples& out) {
       if (now.follows_stream) {
         out.add(seconds_or_nan(now.shards.behind));
       }
     }},
    // It follows from how far reading is behind, and is as little known.
    {"ddm_stream_retention_left_seconds", "gauge",
     "Until the oldest unread record leaves the stream; NaN: not known.",
     [](const status& now, samples& out) {
       if (now.follows_stream) {
         out.add(now.shards.behind ? seconds(now.shards.retention_left) : not_known);
       }
     }},
    {"ddm_stream_read_up_to_age_seconds", "gauge",
     "Age of the moment up to which everything was read; NaN: not known.",
     [](const status& now, samples& out) {
       if (now.follows_stream) {
         out.add(seconds_or_nan(now.unread_for));
       }
     }},
    {"ddm_replication_behind_seconds", "gauge",
     "How late replication as a whole is; 0 while it is not behind, NaN: not known how late.",
     [](const status& now, samples& out) {
       if (now.follows_stream) {
         const auto late = now.behind ? std::optional(now.behind->late) : std::nullopt;
         out.add(now.is_behind ? seconds_or_nan(late) : 0.0);
       }
     }},
    {"ddm_shards", "gauge", "Shards being read, waiting for their parents, and read to their end.",
     [](const status& now, samples& out) {
       out.add("state", "open", now.shards.open);
       out.add("state", "waiting", now.shards.waiting);
       out.add("state", "done", now.shards.done);
     }},
    {"ddm_table_settings", "gauge",
     "Settings of the two tables, by what their comparison said; 0 before the first look.",
     [](const status& now, samples& out) {
       using enum dynamodb::parity;
       for (const auto each : {equal, accepted, different, unknown}) {
         out.add("state", to_string(each),
                 now.table_settings ? now.table_settings->count(each) : 0);
       }
     }},
    {"ddm_table_settings_timestamp_seconds", "gauge",
     "When those settings were looked at last; absent before.",
     [](const status& now, samples& out) {
       if (now.table_settings) {
         out.add_time(now.table_settings->looked_at);
       }
     }},
    {"ddm_gaps", "gauge", "Coverage gaps, and those of them that a comparison has made up for.",
     [](const status& now, samples& out) {
       out.add("state", "open", gaps(now, false));
       out.add("state", "cured", gaps(now, true));
     }},
};

// The comparison of the items at rest, 0 before the first; another one begins at 0: no counters.
constexpr family comparison[]{
    {"ddm_comparison_running", "gauge", "1 while items at rest are read or judged.",
     [](const status& now, samples& out) { out.add(now.comparing ? 1 : 0); }},
    {"ddm_comparison_segments", "gauge", "Segments of the comparison in all.",
     [](const status& now, samples& out) { out.add(compared(now).progress.pairs()); }},
    {"ddm_comparison_segments_done", "gauge", "Segments of both tables read to their end.",
     [](const status& now, samples& out) { out.add(compared(now).progress.segments_done); }},
    {"ddm_comparison_items", "gauge", "Items read by the comparison.",
     [](const status& now, samples& out) {
       out.add("side", "source", compared(now).seen.source_items);
       out.add("side", "target", compared(now).seen.target_items);
     }},
    {"ddm_comparison_keys", "gauge", "Keys compared, each once.",
     [](const status& now, samples& out) { out.add(compared(now).keys()); }},
    {"ddm_comparison_candidates", "gauge", "Keys that the scans could not call equal, by outcome.",
     [](const status& now, samples& out) {
       const auto progress = compared(now).progress;
       out.add("outcome", "open", progress.candidates_open());
       out.add("outcome", "equal", progress.candidates_equal);
       out.add("outcome", "unequal", progress.candidates_unequal);
       out.add("outcome", "changed", progress.candidates_changed());
       out.add("outcome", "restless", progress.candidates_restless);
       out.add("outcome", "twice", progress.candidates_twice);
     }},
    {"ddm_comparison_start_timestamp_seconds", "gauge", "When the comparison began; absent before.",
     [](const status& now, samples& out) {
       out.add_time(moment(compared(now).progress.started_ms));
     }},
    {"ddm_comparison_finish_timestamp_seconds", "gauge",
     "When the comparison had judged all; absent before.",
     [](const status& now, samples& out) {
       out.add_time(moment(compared(now).progress.finished_ms));
     }},
};

// What is asked of the services, and with what.
constexpr family services[]{
    {"ddm_calls_total", "counter", "Calls sent by this process, with retries.",
     [](const status& now, samples& out) { add_asked(out, now, &operation_counts::calls); }},
    {"ddm_call_retries_total", "counter", "Calls of these after a first one.",
     [](const status& now, samples& out) { add_asked(out, now, &operation_counts::retries); }},
    {"ddm_calls_throttled_total", "counter", "Calls of these that the service throttled.",
     [](const status& now, samples& out) { add_asked(out, now, &operation_counts::throttled); }},
    {"ddm_call_pauses_total", "counter", "Outages that were waited out, or are.",
     [](const status& now, samples& out) { add_pauses(out, now); }},
    {"ddm_read_units_total", "counter", "Read units consumed, with those of earlier processes.",
     [](const status& now, samples& out) {
       out.add("side", "source", std::max(0.0, now.source_units));
       out.add("side", "target", std::max(0.0, now.target_units));
     }},
    {"ddm_stream_calls_total", "counter", "GetRecords calls, with those of earlier processes.",
     [](const status& now, samples& out) { out.add(counted(now.stream_calls)); }},
    {"ddm_cost_usd_total", "counter", "What reading has cost, at the prices of us-east-1.",
     [](const status& now, samples& out) { out.add(std::max(0.0, now.usd)); }},
    {"ddm_credentials_expiry_timestamp_seconds", "gauge",
     "When the credentials in use end; absent where no end is known.",
     [](const status& now, samples& out) {
       add_credentials(out, now, [](const credential_facts& each) {
         return each.ends ? std::optional(seconds(each.ends->time_since_epoch())) : std::nullopt;
       });
     }},
    {"ddm_credentials_renewed", "gauge", "1: they are renewed before that, with nobody present.",
     [](const status& now, samples& out) {
       add_credentials(out, now, [](const credential_facts& each) {
         return std::optional(each.renewed ? 1.0 : 0.0);
       });
     }},
};

struct labelled_run {
  const status& now;
  std::string labels;
};

/// A series that is there twice spoils the whole page for its reader.
std::vector<labelled_run> labelled(std::span<const status> runs) {
  std::vector<labelled_run> all;
  std::set<std::string> seen;
  for (const auto& now : runs) {
    auto labels =
        label("migration", now.about.migration) + "," + label("command", now.about.command);
    if (seen.insert(labels).second) {
      all.push_back({now, std::move(labels)});
    }
  }
  return all;
}

std::string head(std::string_view name, std::string_view type, std::string_view help) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

/// Of the program, not of a run.
std::string build_info(std::span<const status> runs) {
  std::set<std::string> versions;
  for (const auto& now : runs) {
    versions.insert(label("version", now.about.version));
  }
  auto text = head("ddm_build_info", "gauge", "1; the program's version is its label.");
  for (const auto& version : versions) {
    text += fmt::format("ddm_build_info{{{}}} 1\n", version);
  }
  return text;
}

}  // namespace

std::string render_metrics(std::span<const status> runs) {
  const auto all = labelled(runs);
  auto text = build_info(runs);
  for (const std::span<const family> group :
       {std::span<const family>(standing), std::span<const family>(changes),
        std::span<const family>(reading), std::span<const family>(comparison),
        std::span<const family>(services)}) {
    for (const auto& each : group) {
      text += head(each.name, each.type, each.help);
      for (const auto& run : all) {
        samples out(text, each.name, run.labels);
        each.tell(run.now, out);
      }
    }
  }
  return text;
}

}  // namespace ddm::report
