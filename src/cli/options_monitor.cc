// The flags of `monitor` and `compare`, in the order of their help.
#include "base/units.h"
#include "cli/options_flag.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ddm::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds any_time{0};
constexpr milliseconds tick{1};
constexpr std::uint64_t smallest_memory = 1 << 20;
constexpr std::size_t findings_bound = 100'000'000;
constexpr std::size_t deferred_bound = 10'000'000'000;

const std::vector<std::pair<std::string_view, start_position>> start_positions{
    {"LATEST", start_position::latest}, {"TRIM_HORIZON", start_position::trim_horizon}};
const std::vector<std::pair<std::string_view, side>> sides{{to_string(side::source), side::source},
                                                           {to_string(side::target), side::target}};
const std::vector<std::pair<std::string_view, output_format>> output_formats{
    {"text", output_format::text}, {"json", output_format::json}};
const std::vector<std::pair<std::string_view, report_format>> report_formats{
    {"text", report_format::text},
    {"json", report_format::json},
    {"markdown", report_format::markdown},
    {"html", report_format::html}};
const std::vector<std::pair<std::string_view, log::format>> log_formats{
    {"text", log::format::text}, {"json", log::format::json}};
const std::vector<std::pair<std::string_view, log::level>> log_levels{
    {"debug", log::level::debug},
    {"info", log::level::info},
    {"warning", log::level::warning},
    {"error", log::level::error}};

/// Flags are written once, for every command that knows them.
void append(flag_group& group, std::vector<flag> more) {
  std::ranges::move(more, std::back_inserter(group.flags));
}

flag accept_flag(std::vector<std::string>& accepted) {
  return {
      "accept", "NAME", list_into(accepted),
      "a setting of the tables that may differ or be unknown, as plan names it; repeatable; a * "
      "at the end matches any rest",
      "none"};
}

flag_group tables_and_access(migration_options& o) {
  return {
      "Tables and access",
      {{"target-table", "NAME", text_into(o.target_table), "table that is checked, name or ARN", "",
        "", true},
       {"source-table", "NAME", text_into(o.source_table), "table it is copied from, name or ARN",
        "the target's name"},
       {"source-profile", "NAME", text_into(o.source.profile), "AWS profile of the source",
        "the credential chain"},
       {"target-profile", "NAME", text_into(o.target.profile), "AWS profile of the target",
        "the credential chain"},
       {"region", "REGION", text_into(o.region), "region of both tables",
        "AWS_REGION, profile, ap-northeast-1"},
       {"source-region", "REGION", text_into(o.source.region), "region of the source", "--region"},
       {"target-region", "REGION", text_into(o.target.region), "region of the target", "--region"},
       {"source-endpoint-url", "URL", url_into(o.source.endpoint_url),
        "DynamoDB Local, a compatible store or a VPC endpoint",
        "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, profile"},
       {"target-endpoint-url", "URL", url_into(o.target.endpoint_url), "the same for the target",
        "as for the source"},
       {"partition-key", "NAME", text_into(o.partition_key), "must agree with the table when given",
        "from the table"},
       {"sort-key", "NAME", text_into(o.sort_key), "must agree with the table when given",
        "from the table"}}};
}

std::vector<flag> stream_flags(connection_options& stream, std::optional<std::string>& arn) {
  return {{"stream-arn", "ARN", stream_arn_into(arn), "stream to read",
           "the source table's LatestStreamArn"},
          {"stream-profile", "NAME", text_into(stream.profile), "AWS profile that reads the stream",
           "the source's"},
          {"stream-endpoint-url", "URL", url_into(stream.endpoint_url),
           "as --source-endpoint-url, for the stream",
           "AWS_ENDPOINT_URL_DYNAMODB_STREAMS, else that of its side"}};
}

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

std::vector<flag> equality_flags(migration_options& o) {
  return {{"max-lag", "D", duration_into(o.max_lag, tick),
           "how late a change may arrive before it is a mismatch"},
          {"ignore-attribute", "PATH", patterns_into(o.ignore_attributes),
           "attribute left out of comparisons, but not inside lists; repeatable, and replaces the "
           "default; a * at the end matches any rest"}};
}

flag_group what_is_checked(monitor_options& o) {
  flag_group group{
      "What is checked",
      {{"sample-rate", "N", sample_rate_into(o.sample_rate),
        "check one key in N; also all, 1%, 1/100. A chosen key is followed through all its "
        "changes"},
       {"verify-on", "SIDE", choice_into(o.verify_on, sides),
        "table that is looked at, source or target", "the side opposite to the stream"}}};
  append(group, equality_flags(o));
  append(group, {accept_flag(o.accept)});
  append(group,
         {{"stall-after", "D", duration_into(o.stall_after, tick),
           "how long replication as a whole may be behind before its missing changes are judged "
           "all the same"},
          {"consistent-read", "", switch_into(o.consistent_read),
           "strong reads for first looks too (twice the read units); judgements always use them"},
          {"replication-wait-time", "D", duration_into(o.replication_wait, any_time),
           "age of a change before its first look; the default is --max-lag if that is shorter", "",
           "DDB_REPLICATION_WAIT_TIME"},
          {"retry-wait-time", "D", duration_into(o.retry_wait, tick),
           "wait before the second look; doubles from there", "", "DDB_RETRY_WAIT_TIME"}});
  return group;
}

flag_group what_is_compared(compare_options& o) {
  flag_group group{
      "What is compared",
      {{"sample-rate", "N", sample_rate_into(o.sample_rate),
        "compare one key in N; also all, 1%, 1/100. Saves memory and judgements, but no reading: "
        "a scan costs the same"}}};
  append(group, equality_flags(o));
  return group;
}

std::vector<flag> pace_flags(migration_options& o) {
  return {{"max-rcu", "N", rate_into(o.max_rcu), "read units a second on each side; or unlimited",
           "20 % of provisioned capacity, 3000 on demand"},
          {"memory", "SIZE", size_into(o.memory_bytes, smallest_memory),
           "bound for everything that grows with load; beyond it the rest waits on disk"}};
}

flag segments_flag(migration_options& o) {
  return {"segments", "N", count_into(o.segments, 1, 1'000'000),
          "parts of each table that a comparison scans; a restart repeats only unfinished ones",
          "one for 32 MiB of the larger table, at least 64"};
}

flag_group pace_and_memory(monitor_options& o) {
  flag_group group{"Pace and memory", pace_flags(o)};
  append(
      group,
      {{"batch-size", "N", count_into(o.records_per_call, 1, 1000),
        "records that one GetRecords call may return", "", "DDB_BATCH_SIZE"},
       {"deferred-max", "N", count_into(o.deferred_max, 1, deferred_bound),
        "keys that may wait on disk for room in memory; changes of others are left to a "
        "comparison"},
       {"validation-buffer-size", "N", count_into(o.batch_checks, 1, 1'000'000),
        "this many due checks go at once", "", "DDB_VALIDATION_BUFFER_SIZE"},
       {"validation-channel-size", "N", count_into(o.batches_in_flight, 1, 10'000),
        "batches in flight at most", "", "DDB_VALIDATION_CHANNEL_SIZE"},
       {"validation-interval", "D", duration_into(o.batch_wait, tick),
        "longest that a due check waits for its batch to fill; the default is --max-lag if that is "
        "shorter",
        "", "DDB_VALIDATION_INTERVAL"}});
  return group;
}

flag_group items_at_rest(monitor_options& o) {
  return {"Items at rest",
          {{"baseline", "", switch_into(o.baseline),
            "compare both tables beside the stream as well: GO needs that, or a `compare` on this "
            "state"},
           {"baseline-after", "D", duration_into(o.baseline_after, any_time),
            "it begins once replication has been caught up for D"},
           {"baseline-sample-rate", "N", sample_rate_into(o.baseline_sample_rate),
            "it compares one key in N; a scan costs the same"},
           segments_flag(o)}};
}

flag_group pace_and_memory(compare_options& o) {
  flag_group group{"Pace and memory", pace_flags(o)};
  append(group, {segments_flag(o)});
  return group;
}

flag_group files(migration_options& o, std::string_view fresh) {
  return {"Files",
          {{"state", "FILE", text_into(o.state_file),
            "progress; the same command goes on from there", "./<source>--<target>.monitor.db"},
           {"fresh", "", switch_into(o.fresh), fresh, "", "", false,
            "it would be thrown away again at each restart"},
           {"findings", "FILE", text_into(o.findings_file), "mismatches, one JSON object a line",
            "beside the state"},
           {"findings-max", "N", count_into(o.findings_max, 1, findings_bound),
            "open mismatches that are kept one by one; those beyond it are only counted, and call "
            "for a comparison"},
           {"config", "FILE", text_into(o.config_file),
            "TOML with these names, such as target-table = \"orders\""}}};
}

flag_group when_to_end(monitor_options& o) {
  return {
      "When to end",
      {{"duration", "D", duration_into(o.duration, tick), "end after D", "run until a signal"},
       {"until-caught-up", "", switch_into(o.until_caught_up),
        "end once every change up to this start has an outcome; with --baseline once that is "
        "complete and --settle has passed, or GO cannot come"},
       {"freeze-at", "T", time_into(o.freeze_at),
        "the source is frozen at T, such as 2026-01-31T22:00:00Z: a later write is a NO-GO; reads "
        "on for --max-lag past T at least, and ends when all is judged"},
       {"settle", "D", duration_into(o.settle, any_time),
        "how long all must have been well before the verdict GO; kept over restarts"},
       {"require-go", "", switch_into(o.require_go), "exit code 0 only at verdict GO"},
       {"accept-sampled", "", switch_into(o.accept_sampled), "let a sampled run reach plain GO"}}};
}

std::vector<flag> output_flags(migration_options& o) {
  return {
      {"stats-interval", "D", duration_into(o.stats_interval, milliseconds(100)),
       "time between two status blocks", "", "DDB_STATS_INTERVAL"},
      {"output", "FORMAT", choice_into(o.output, output_formats),
       "json: one object on standard output at the end, all else on standard error"},
      {"log-format", "FORMAT", choice_into(o.log_format, log_formats), "text or json"},
      {"log-level", "LEVEL", choice_into(o.log_level, log_levels), "debug, info, warning or error"},
      {"show-values", "", switch_into(o.show_values),
       "put item values into findings and the state"},
      {"hash-keys", "", switch_into(o.hash_keys), "put keyed hashes in place of keys there"}};
}

flag quiet_flag(migration_options& o) {
  return {"quiet", "", switch_into(o.quiet),
          "print warnings and errors, and at the end the verdict with its reasons and the open "
          "mismatches: no first screen, no panel, no blocks, no other lines of the log"};
}

flag emf_flag(migration_options& o) {
  return {"emf", "NAMESPACE", namespace_into(o.emf),
          "with --log-format json: the status lines of the log make CloudWatch metrics there "
          "(embedded metric format)",
          "none"};
}

flag_group web_server(migration_options& o) {
  return {"HTTP",
          {{"listen", "ADDRESS", listen_address_into(o.listen),
            "serve status, history, findings, events and metrics there, read-only, such as at "
            "127.0.0.1:8080",
            "off"},
           {"listen-token-file", "FILE", text_into(o.listen_token_file),
            "whoever reads must know the token in this file; needed for any address but loopback",
            "none"},
           {"listen-allow-host", "HOST", list_into(o.listen_allow_hosts),
            "a further name under which the server is reached, such as a proxy's; repeatable",
            "none"}}};
}

flag_group alerts(migration_options& o) {
  return {"Alerts",
          {{"on-alert", "COMMAND", command_into(o.on_alert),
            "run this program, with its arguments and without a shell, when something begins or "
            "ends that somebody must know; it reads JSON, and has 30 s",
            "none"},
           {"alert-webhook", "URL", webhook_into(o.alert_webhook),
            "POST the same JSON there; it has a `text` for chats", "none", "DDB_ALERT_WEBHOOK"}}};
}

flag_group output(monitor_options& o) {
  flag_group group{"Output", output_flags(o)};
  append(group, {quiet_flag(o), emf_flag(o)});
  append(group, {{"verbose", "", switch_into(o.verbose), "log each successful check too"}});
  return group;
}

flag_group output(compare_options& o) {
  flag_group group{"Output", output_flags(o)};
  append(group, {quiet_flag(o), emf_flag(o)});
  return group;
}

flag_group what_is_planned(plan_options& o) {
  return {"What is planned",
          {accept_flag(o.accept),
           {"for", "COMMANDS", purposes_into(o.wanted),
            "what the permissions are tried and the policies made for: plan, monitor, baseline "
            "(monitor --baseline), compare, repair, with commas between them"},
           {"sample-rate", "N", sample_rate_into(o.sample_rate),
            "of the monitor whose cost is estimated; also all, 1%, 1/100"},
           {"max-rcu", "N", rate_into(o.max_rcu),
            "read units a second on each side that a comparison may take; or unlimited",
            "20 % of provisioned capacity, 3000 on demand"}}};
}

flag_group output(plan_options& o) {
  return {"Output",
          {{"output", "FORMAT", choice_into(o.output, output_formats), "text or json"},
           {"log-format", "FORMAT", choice_into(o.log_format, log_formats), "text or json"},
           {"log-level", "LEVEL", choice_into(o.log_level, log_levels),
            "debug, info, warning or error"},
           {"config", "FILE", text_into(o.config_file),
            "TOML with these names, such as target-table = \"orders\""}}};
}

flag_group what_is_repaired(repair_options& o) {
  flag_group group{
      "What is repaired",
      {{"apply", "", switch_into(o.apply), "write; without it only the plan is told"},
       {"allow-deletes", "", switch_into(o.allow_deletes),
        "delete from the target what the source does not hold, or with --undo what was put there"},
       {"undo", "FILE", text_into(o.undo),
        "plan to take back what this journal says was written, where it still is what was "
        "written; with --apply take it back"}}};
  append(group, equality_flags(o));
  return group;
}

flag_group pace(repair_options& o) {
  return {"Pace",
          {{"max-wcu", "N", rate_into(o.max_wcu), "write units a second; or unlimited",
            "20 % of provisioned capacity, 100 on demand"},
           {"max-rcu", "N", rate_into(o.max_rcu), "read units a second on each side; or unlimited",
            "20 % of provisioned capacity, 3000 on demand"}}};
}

flag_group files(repair_options& o) {
  return {
      "Files",
      {{"state", "FILE", text_into(o.state_file), "what monitor or compare have found",
        "./<source>--<target>.monitor.db"},
       {"findings", "FILE", text_into(o.findings_file), "mismatches, one JSON object a line",
        "beside the state"},
       {"journal", "FILE", text_into(o.journal_file),
        "each write with the item before and after, one JSON object a line", "beside the state"},
       {"config", "FILE", text_into(o.config_file),
        "TOML with these names, such as target-table = \"orders\""}}};
}

flag_group output(repair_options& o) {
  flag_group group{"Output", output_flags(o)};
  std::erase_if(group.flags, [](const flag& each) {
    return each.name == "stats-interval" || each.name == "show-values";
  });
  return group;
}

/// "arn:aws:dynamodb:eu-west-1:123456789012:table/orders" → "orders".
std::string name_of_table(const std::string& name_or_arn) {
  const auto slash = name_or_arn.rfind('/');
  return slash == std::string::npos ? name_or_arn : name_or_arn.substr(slash + 1);
}

/// A default follows where another value moved below it; a value that was given stays.
void keep_within(milliseconds& value, milliseconds fallback, milliseconds most) {
  if (value == fallback) {
    value = std::min(value, most);
  }
}

void complete_shared(migration_options& o, std::vector<std::string>& contradictions) {
  for (auto* side : {&o.source, &o.target}) {
    side->region = side->region ? side->region : o.region;
  }
  if (o.source_table.empty()) {
    o.source_table = name_of_table(o.target_table);
  }
  if (o.show_values && o.hash_keys) {
    contradictions.emplace_back(
        "--show-values and --hash-keys contradict each other: an item's values include its key");
  }
  if (!o.listen && (o.listen_token_file || !o.listen_allow_hosts.empty())) {
    contradictions.emplace_back(
        "--listen-token-file and --listen-allow-host say nothing without --listen");
  }
  if (o.quiet && !o.emf.empty()) {
    contradictions.emplace_back(
        "--quiet and --emf contradict each other: metrics are made of lines that --quiet leaves "
        "out");
  }
  if (o.quiet) {
    o.log_level = std::max(o.log_level, log::level::warning);
  }
  if (!o.emf.empty() && o.log_format != log::format::json) {
    contradictions.emplace_back("--emf needs --log-format json: its metrics are members of lines");
  }
}

}  // namespace

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

flag_table flags_of(compare_options& o) {
  return {tables_and_access(o),
          what_is_compared(o),
          pace_and_memory(o),
          files(o, "forget an unfinished comparison and begin anew; the rest of the state stays"),
          web_server(o),
          alerts(o),
          output(o),
          debugging(o.allow_core_dumps)};
}

flag_table flags_of(plan_options& o) {
  return {tables_and_access(o),
          {"Stream", stream_flags(o.stream, o.stream_arn)},
          what_is_planned(o),
          output(o),
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(plan_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  return contradictions;
}

flag_table flags_of(repair_options& o) {
  return {tables_and_access(o),         what_is_repaired(o), pace(o), files(o), output(o),
          debugging(o.allow_core_dumps)};
}

flag_table flags_of(report_options& o) {
  return {{"Input and output",
           {{.name = "state",
             .value = "FILE",
             .target = list_into(o.state_files),
             .help = "the file that `monitor` printed at its start; repeatable, and may stand "
                     "without the flag: of several there is one table, with the worst verdict and "
                     "exit code",
             .required = true,
             .takes_words = true},
            {"output", "FORMAT", choice_into(o.output, report_formats),
             "text; markdown for a ticket; html, one page for a screen or paper; or json: one "
             "object a line for each command that has left a status"},
            {"output-file", "FILE", text_into(o.output_file),
             "where it is written; only an earlier report of this form gives way, and only its "
             "owner may read it",
             "standard output"}}},
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(repair_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  if (o.undo && o.journal_file) {
    contradictions.emplace_back(
        "--undo and --journal contradict each other: what is taken back is "
        "noted in the journal that --undo names");
  }
  return contradictions;
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

std::vector<std::string> complete(compare_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  return contradictions;
}

}  // namespace ddm::cli
