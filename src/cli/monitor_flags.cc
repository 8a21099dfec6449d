// `monitor`: its usage, and its flags in the order of their help.
#include "base/units.h"
#include "cli/shared_flags.h"

#include <fmt/format.h>

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
     --require-go also any verdict but GO
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

flag_group stream(monitor_options& o) {
  flag_group group{"Stream", stream_flags(o.stream, o.stream_arn)};
  append(
      group,
      {{"iterator-type", "TYPE", choice_into(o.iterator_type, start_positions),
        "begin with the changes from now on (LATEST) or with the oldest one that the stream holds "
        "(TRIM_HORIZON); on the first start only"},
       {"await-target", "", switch_into(o.await_target),
        "the target table may not exist yet: wait for it, and count changes meanwhile"}});
  return group;
}

flag_group what_is_checked(monitor_options& o) {
  flag_group group{
      "What is checked",
      {{"sample-rate", "N", sample_rate_into(o.sample_rate),
        "check one key in N; also all, 1%, 1/100. A chosen key is followed through all its "
        "changes"},
       {"verify-on", "SIDE", choice_into(o.verify_on, sides),
        "table in which changes are looked up, source or target",
        "the side opposite to the stream"}}};
  append(group, equality_flags(o));
  append(group, {accept_flag(o.accept)});
  append(group, {{"stall-after", "D", duration_into(o.stall_after, tick),
                  "when replication as a whole has been behind for this long, missing changes are "
                  "reported as mismatches all the same"},
                 {"consistent-read", "", switch_into(o.consistent_read),
                  "strongly consistent reads for first looks too (twice the read units); before a "
                  "mismatch is confirmed they are used in any case"},
                 {"replication-wait-time", "D", duration_into(o.replication_wait, any_time),
                  "how old a change must be before it is first looked up; the default is "
                  "--max-lag if that is shorter",
                  "", "DDB_REPLICATION_WAIT_TIME"},
                 {"retry-wait-time", "D", duration_into(o.retry_wait, tick),
                  "wait before a change that did not match is looked up again; doubles each time",
                  "", "DDB_RETRY_WAIT_TIME"}});
  return group;
}

flag_group pace_and_memory(monitor_options& o) {
  flag_group group{"Pace and memory", pace_flags(o)};
  append(group, {{"batch-size", "N", count_into(o.records_per_call, 1, 1000),
                  "records that one GetRecords call may return", "", "DDB_BATCH_SIZE"},
                 {"deferred-max", "N", count_into(o.deferred_max, 1, deferred_bound),
                  "at most this many keys wait on disk for room in memory; changes of further "
                  "keys are not checked but left to a comparison"},
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

flag_group items_at_rest(monitor_options& o) {
  return {"Items at rest",
          {{"baseline", "", switch_into(o.baseline),
            "also compare all items of both tables while the stream is read: GO needs that, "
            "or a `compare` on the same state file"},
           {"baseline-after", "D", duration_into(o.baseline_after, any_time),
            "start that comparison once replication has been caught up for D"},
           {"baseline-sample-rate", "N", sample_rate_into(o.baseline_sample_rate),
            "that comparison checks one key in N; reading the tables costs the same"},
           segments_flag(o)}};
}

flag_group when_to_end(monitor_options& o) {
  return {
      "When to end",
      {{"duration", "D", duration_into(o.duration, tick), "end after D", "run until a signal"},
       {"until-caught-up", "", switch_into(o.until_caught_up),
        "end once every change made before this start has been judged; with --baseline "
        "it also waits for the comparison and for --settle, unless GO cannot be reached "
        "any more"},
       {"freeze-at", "T", time_into(o.freeze_at),
        "the source is frozen at T, such as 2026-01-31T22:00:00Z: a later write is a NO-GO; reads "
        "on for --max-lag past T at least, and ends when all is judged"},
       {"settle", "D", duration_into(o.settle, any_time),
        "all must have been well for this long before the verdict is GO; a restart does "
        "not reset it"},
       {"require-go", "", switch_into(o.require_go), "exit code 0 only at verdict GO"},
       {"accept-sampled", "", switch_into(o.accept_sampled),
        "say GO instead of GO (sampled) where only a sample was checked"}}};
}

flag_group output(monitor_options& o) {
  flag_group group{"Output", output_flags(o)};
  append(group, {quiet_flag(o), emf_flag(o)});
  append(group, {{"verbose", "", switch_into(o.verbose), "log each successful check too"}});
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
  return {tables_and_access(o),
          stream(o),
          what_is_checked(o),
          items_at_rest(o),
          pace_and_memory(o),
          files(o, "forget the state and begin anew; not in a configuration file"),
          when_to_end(o),
          web_server(o),
          alerts(o),
          output(o),
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(monitor_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
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
