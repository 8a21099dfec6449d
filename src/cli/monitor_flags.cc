// `monitor`: its usage, and its flags in the order of their help.
#include "base/units.h"
#include "cli/export_flags.h"
#include "cli/shared_flags.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds any_time{0};
constexpr milliseconds tick{1};
constexpr std::size_t deferred_bound = 10'000'000'000;

const std::vector<std::pair<std::string_view, start_position>> start_positions{
    {"LATEST", start_position::latest}, {"TRIM_HORIZON", start_position::trim_horizon}};
const std::vector<std::pair<std::string_view, side>> sides{{to_string(side::source), side::source},
                                                           {to_string(side::target), side::target}};

constexpr command_description monitor_description{
    .name = "monitor",
    .purpose =
        "Reads the stream of one table, looks each change up in the other one, and tells\n"
        "what is missing, wrong or late. It writes to no table. Ctrl-C ends it with a report.",
    .usage = "[monitor] --target-table NAME [flags]",
    .examples =
        R"(  # Watch a table move from one account to another
  {0} --source-profile old --target-profile new \
      --target-table orders --region eu-west-1

  # Start before the import: changes are counted until the target exists
  {0} --source-profile old --target-profile new \
      --target-table orders --region eu-west-1 --await-target

  # In a script: judge everything up to now, then look at the exit code
  {0} --source-profile old --target-profile new \
      --target-table orders --iterator-type TRIM_HORIZON --until-caught-up --output json

  # Cutover: the writers stop at 22:00 UTC; end when all is judged and nobody writes any more
  {0} --source-profile old --target-profile new \
      --target-table orders --freeze-at 2026-01-31T22:00:00Z

  # Try it on DynamoDB Local, every key
  {0} --target-table copy --source-table orders --sample-rate all \
      --source-endpoint-url http://localhost:8000 --target-endpoint-url http://localhost:8000
)",
    .exit_codes = R"(  0  all that was checked is equal
  1  confirmed mismatches are open
  2  only editing the command, its files or its variables mends it; nothing was started
  3  incomplete: a gap in the stream, a write after the freeze, unreadable items, checks
     pending at the end, a stream that did not answer, nothing checked at all; with
     --require-go also any verdict but GO; or the output could not be written
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

flag_group stream(monitor_options& o) {
  flag_group group{"Stream", stream_flags(o.stream, o.stream_arn)};
  append(
      group,
      {{.name = "iterator-type",
        .value = "TYPE",
        .target = choice_into(o.iterator_type, start_positions),
        .help = "begin with the changes from now on (LATEST) or with the oldest one that the "
                "stream holds "
                "(TRIM_HORIZON); on the first start only",
        .more = "The oldest one is at most 24 hours old. Later starts go on from the state file"},
       {.name = "await-target",
        .value = "",
        .target = switch_into(o.await_target),
        .help = "the target table may not exist yet: wait for it, and count changes meanwhile",
        .more = "They are not checked: phase *importing*. A table that is being created is waited "
                "for in any case"}});
  return group;
}

flag_group what_is_checked(monitor_options& o) {
  flag_group group{
      "What is checked",
      {{.name = "sample-rate",
        .value = "N",
        .target = sample_rate_into(o.sample_rate),
        .help = "check one key in N; also all, 1%, 1/100. A chosen key is followed through all its "
                "changes",
        .more = "[What a sample proves](sampling.md)"},
       {.name = "verify-on",
        .value = "SIDE",
        .target = choice_into(o.verify_on, sides),
        .help = "table in which changes are looked up, source or target",
        .fallback = "the side opposite to the stream",
        .more = "The one whose stream is read is refused: a table that is checked against its own "
                "stream proves nothing"}}};
  append(group, equality_flags(o));
  auto accept = accept_flag(o.accept);
  accept.more =
      "A running monitor compares the settings each hour. The verdict does not speak of them, the "
      "report does";
  append(group, {std::move(accept)});
  append(group,
         {{.name = "stall-after",
           .value = "D",
           .target = duration_into(o.stall_after, tick),
           .help = "when replication as a whole has been behind for this long, missing changes are "
                   "reported as mismatches all the same",
           .possible = "*D*, not below `--max-lag`"},
          {"consistent-read", "", switch_into(o.consistent_read),
           "strongly consistent reads for first looks too (twice the read units); before a "
           "mismatch is confirmed they are used in any case"},
          {"replication-wait-time", "D", duration_into(o.replication_wait, any_time),
           "how old a change must be before it is first looked up; the default is "
           "--max-lag if that is shorter",
           "", "DDB_REPLICATION_WAIT_TIME"},
          {"retry-wait-time", "D", duration_into(o.retry_wait, tick),
           "wait before a change that did not match is looked up again; doubles each time", "",
           "DDB_RETRY_WAIT_TIME"}});
  return group;
}

flag_group pace_and_memory(monitor_options& o) {
  flag_group group{"Pace and memory", pace_flags(o)};
  append(group,
         {{"batch-size", "N", count_into(o.records_per_call, 1, 1000),
           "records that one GetRecords call may return", "", "DDB_BATCH_SIZE"},
          {.name = "deferred-max",
           .value = "N",
           .target = count_into(o.deferred_max, 1, deferred_bound),
           .help = "at most this many keys wait on disk for room in memory; changes of further "
                   "keys are not checked but left to a comparison",
           .more = "That is a coverage gap"},
          {"validation-buffer-size", "N", count_into(o.batch_checks, 1, 1'000'000),
           "checks that are due are sent as soon as there are this many", "",
           "DDB_VALIDATION_BUFFER_SIZE"},
          {"validation-channel-size", "N", count_into(o.batches_in_flight, 1, 10'000),
           "at most this many batches of checks are under way at once", "",
           "DDB_VALIDATION_CHANNEL_SIZE"},
          {"validation-interval", "D", duration_into(o.batch_wait, tick),
           "the longest that a check which is due waits for its batch to fill; the default "
           "is --max-lag if that is shorter",
           "", "DDB_VALIDATION_INTERVAL"}});
  return group;
}

flag_group cost(monitor_options& o) {
  return {"Cost",
          {{.name = "max-usd",
            .value = "USD",
            .target = amount_into(o.max_usd),
            .help = "what reading may cost in the whole run, restarts included: at 80 % an alert; "
                    "at 100 % items are not read any more, the stream is, and the verdict is WAIT",
            .fallback = "no bound",
            .more = "A higher one at the next start goes on. [What is counted](cost.md)"},
           {.name = "price-read-unit",
            .value = "USD",
            .target = amount_into(o.price_read_unit),
            .help = "price of a million read request units, in all that is said of cost",
            .fallback = "0.125, that of us-east-1",
            .more = "Required with `--max-usd` where a table is in another region, or at an "
                    "endpoint of your own"}}};
}

flag_group items_at_rest(monitor_options& o) {
  flag_group group{
      "Items at rest",
      {{.name = "baseline",
        .value = "",
        .target = switch_into(o.baseline),
        .help = "also compare all items of both tables while the stream is read: GO needs that, "
                "or a `compare` on the same state file",
        .more = "Checks of live changes come first. See [compare](#compare)"},
       {.name = "baseline-after",
        .value = "D",
        .target = duration_into(o.baseline_after, any_time),
        .help = "start that comparison once replication has been caught up for D",
        .more = "One that was interrupted goes on at once"},
       {"baseline-sample-rate", "N", sample_rate_into(o.baseline_sample_rate),
        "that comparison checks one key in N; reading the tables costs the same"},
       segments_flag(o)}};
  append(group,
         export_flags(
             baseline_export_names, o.baseline_export,
             {.help = "with --baseline: take the source's items from this export to S3 instead of "
                      "scanning it, while it can stand for the source: "
                      "s3://BUCKET/PREFIX/AWSDynamoDB/ID, or a folder that is a copy of that",
              .fallback = "none: it is scanned",
              .more = "For less than 23 hours after the export, and while the source's stream "
                      "tells what changed since. Afterwards the source is scanned, and the log "
                      "says so. [What it proves](migration.md#compare-with-the-export)"}));
  return group;
}

flag_group when_to_end(monitor_options& o) {
  return {
      "When to end",
      {{"duration", "D", duration_into(o.duration, tick), "end after D", "run until a signal"},
       {"until-caught-up", "", switch_into(o.until_caught_up),
        "end once every change made before this start has been judged; with --baseline "
        "it also waits for the comparison and for --settle, unless GO cannot be reached "
        "any more"},
       {.name = "freeze-at",
        .value = "T",
        .target = time_into(o.freeze_at),
        .help = "the source is frozen at T, such as 2026-01-31T22:00:00Z: a later write is a "
                "NO-GO; reads "
                "on for --max-lag past T at least, and ends when all is judged",
        .more = "A write after it is named with its key, and makes the exit code 3; deletes by TTL "
                "do not count"},
       {.name = "settle",
        .value = "D",
        .target = duration_into(o.settle, any_time),
        .help = "all must have been well for this long before the verdict is GO; a restart does "
                "not reset it",
        .more = "It counts until the freeze"},
       {.name = "require-go",
        .value = "",
        .target = switch_into(o.require_go),
        .help = "exit code 0 only at verdict GO",
        .more =
            "At any other verdict 1 and 4 stay as they are, and any other code becomes 3. Without "
            "`--baseline` the state must hold a finished comparison; a warning says so"},
       {"accept-sampled", "", switch_into(o.accept_sampled),
        "say GO instead of GO (sampled) where only a sample was checked"}}};
}

flag_group output(monitor_options& o) {
  flag_group group{"Output", output_flags(o)};
  append(group, {quiet_flag(o), emf_flag(o)});
  append(group, {{.name = "verbose",
                  .value = "",
                  .target = switch_into(o.verbose),
                  .help = "log each successful check too",
                  .more = "That is much output"}});
  return group;
}

flag_group files_of_monitor(monitor_options& o) {
  auto group = files(
      o,
      "forget the state and begin anew; the findings file is renamed to FINDINGS.old; not in a "
      "configuration file");
  let_state_lie_in_table(group, o);
  return group;
}

/// A default follows where another value moved below it; a value that was given stays.
void keep_within(milliseconds& value, milliseconds fallback, milliseconds most) {
  if (value == fallback) {
    value = std::min(value, most);
  }
}

}  // namespace

const command_description& describe(const monitor_options&) { return monitor_description; }

flag_table flags_of(monitor_options& o) {
  return {tables_and_access(o), stream(o), what_is_checked(o),  items_at_rest(o),
          pace_and_memory(o),   cost(o),   files_of_monitor(o), when_to_end(o),
          web_server(o),        alerts(o), output(o),           debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(monitor_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  complete_state_in_table(o, contradictions);
  check_export(baseline_export_names, o.baseline_export, contradictions);
  if (o.baseline_export.place && !o.baseline) {
    contradictions.emplace_back("--baseline-export says nothing without --baseline");
  }
  if (o.quiet && o.verbose) {
    contradictions.emplace_back("--quiet and --verbose contradict each other");
  }
  keep_within(o.replication_wait, monitor_options{}.replication_wait, o.max_lag);
  keep_within(o.batch_wait, monitor_options{}.batch_wait, o.max_lag);
  if (o.stall_after < o.max_lag) {
    if (o.stall_after == monitor_options{}.stall_after) {
      o.stall_after = o.max_lag;
    } else {
      contradictions.push_back(fmt::format(
          "--stall-after {} is shorter than --max-lag {}: a single change may be late for longer "
          "than replication as a whole",
          format_duration(o.stall_after), format_duration(o.max_lag)));
    }
  }
  return contradictions;
}

}  // namespace ddm::cli
