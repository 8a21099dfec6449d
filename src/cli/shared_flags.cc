#include "cli/shared_flags.h"

#include "remote/state_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace ddm::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick{1};
constexpr std::uint64_t smallest_memory = 1 << 20;
constexpr milliseconds shortest_state_interval{1'000};
constexpr std::size_t findings_bound = 100'000'000;

const std::vector<std::pair<std::string_view, output_format>> output_formats{
    {"text", output_format::text}, {"json", output_format::json}};
const std::vector<std::pair<std::string_view, log::format>> log_formats{
    {"text", log::format::text}, {"json", log::format::json}};
const std::vector<std::pair<std::string_view, log::level>> log_levels{
    {"debug", log::level::debug},
    {"info", log::level::info},
    {"warning", log::level::warning},
    {"error", log::level::error}};

/// One for all migrations of a fleet.
flag of_process(flag row) {
  row.of_process = true;
  return row;
}

}  // namespace

std::string name_of_table(const std::string& name_or_arn) {
  const auto slash = name_or_arn.rfind('/');
  return slash == std::string::npos ? name_or_arn : name_or_arn.substr(slash + 1);
}

/// How a table of states is reached.
std::vector<flag> state_table_flags(migration_options& o) {
  return {{.name = "state-profile",
           .value = "NAME",
           .target = text_into(o.state.profile),
           .help = "AWS profile that reads and writes the table of states",
           .fallback = "the credential chain",
           .possible = "an AWS profile"},
          {.name = "state-region",
           .value = "REGION",
           .target = text_into(o.state.region),
           .help = "region of the table of states",
           .fallback = "--region",
           .possible = "an AWS region"},
          {"state-endpoint-url", "URL", url_into(o.state.endpoint_url),
           "as --source-endpoint-url, for the table of states",
           "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, profile"},
          {"state-interval", "D", duration_into(o.state_interval, shortest_state_interval),
           "time between two copies of the state to its table; what came after the last one is "
           "read again when a host is lost"}};
}

/// Flags are written once, for every command that knows them.
void append(flag_group& group, std::vector<flag> more) {
  std::ranges::move(more, std::back_inserter(group.flags));
}

flag accept_flag(std::vector<std::string>& accepted) {
  return {
      .name = "accept",
      .value = "NAME",
      .target = list_into(accepted),
      .help =
          "a setting of the tables that may differ or be unknown, as plan names it; repeatable; "
          "a * at the end matches any rest",
      .fallback = "none",
      .possible = "name of a setting"};
}

std::vector<flag> key_flags(std::optional<std::string>& partition,
                            std::optional<std::string>& sort) {
  return {{.name = "partition-key",
           .value = "NAME",
           .target = text_into(partition),
           .help = "must agree with the table when given",
           .fallback = "from the table",
           .more = "Otherwise an error shows both",
           .possible = "name of an attribute"},
          {.name = "sort-key",
           .value = "NAME",
           .target = text_into(sort),
           .help = "must agree with the table when given",
           .fallback = "from the table",
           .more = "Otherwise an error shows both",
           .possible = "name of an attribute"}};
}

flag_group tables_and_access(migration_options& o) {
  flag_group group{
      "Tables and access",
      {{.name = "target-table",
        .value = "NAME",
        .target = text_into(o.target_table),
        .help = "table that is checked, name or ARN",
        .required = true,
        .of_migration = true,
        .more = "An ARN is sent as TableName: this is how a table of another account is "
                "reached by resource policy",
        .possible = "name or ARN"},
       {.name = "source-table",
        .value = "NAME",
        .target = text_into(o.source_table),
        .help = "table it is copied from, name or ARN",
        .fallback = "the target's name",
        .of_migration = true,
        .possible = "name or ARN"},
       {.name = "source-profile",
        .value = "NAME",
        .target = text_into(o.source.profile),
        .help = "AWS profile of the source",
        .fallback = "the credential chain",
        .possible = "an AWS profile"},
       {.name = "target-profile",
        .value = "NAME",
        .target = text_into(o.target.profile),
        .help = "AWS profile of the target",
        .fallback = "the credential chain",
        .possible = "an AWS profile"},
       {.name = "region",
        .value = "REGION",
        .target = text_into(o.region),
        .help = "region of both tables",
        .fallback = "AWS_REGION, profile, ap-northeast-1",
        .more = "With two regions name both: the variable would hold for both sides. A table's "
                "ARN of another region is refused, but at an endpoint of your own",
        .possible = "an AWS region"},
       {.name = "source-region",
        .value = "REGION",
        .target = text_into(o.source.region),
        .help = "region of the source",
        .fallback = "--region",
        .possible = "an AWS region"},
       {.name = "target-region",
        .value = "REGION",
        .target = text_into(o.target.region),
        .help = "region of the target",
        .fallback = "--region",
        .possible = "an AWS region"},
       {"source-endpoint-url", "URL", url_into(o.source.endpoint_url),
        "DynamoDB Local, a compatible store or a VPC endpoint",
        "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, profile"},
       {"target-endpoint-url", "URL", url_into(o.target.endpoint_url), "the same for the target",
        "as for the source"}}};
  append(group, key_flags(o.partition_key, o.sort_key));
  return group;
}

std::vector<flag> stream_flags(connection_options& stream, std::optional<std::string>& arn) {
  return {{.name = "stream-arn",
           .value = "ARN",
           .target = stream_arn_into(arn),
           .help = "stream to read",
           .fallback = "the source table's LatestStreamArn",
           .of_migration = true},
          {.name = "stream-profile",
           .value = "NAME",
           .target = text_into(stream.profile),
           .help = "AWS profile that reads the stream",
           .fallback = "the source's",
           .more = "For strategy B give the target's",
           .possible = "an AWS profile"},
          {"stream-endpoint-url", "URL", url_into(stream.endpoint_url),
           "as --source-endpoint-url, for the stream",
           "AWS_ENDPOINT_URL_DYNAMODB_STREAMS, else that of its side"}};
}

std::vector<flag> equality_flags(migration_options& o) {
  return {
      {"max-lag", "D", duration_into(o.max_lag, tick),
       "maximum replication lag; a change that is still missing after this is a mismatch"},
      {.name = "ignore-attribute",
       .value = "PATH",
       .target = patterns_into(o.ignore_attributes),
       .help =
           "attribute left out of comparisons, but not inside lists; repeatable, and replaces the "
           "default; a * at the end matches any rest",
       .more = "To keep the default name `aws:rep:*` again. Items equal only thanks to it are "
               "counted; start and `GO` name it"}};
}

std::vector<flag> pace_flags(migration_options& o) {
  return {{.name = "max-rcu",
           .value = "N",
           .target = rate_into(o.max_rcu),
           .help = "read units a second on each side; or unlimited",
           .fallback = "20 % of provisioned capacity, 3000 on demand",
           .more = "Throttling halves the pace"},
          {.name = "max-rcu-total",
           .value = "N",
           .target = rate_into(o.max_rcu_total),
           .help = "read units a second of all tables together; or unlimited",
           .fallback = "unlimited",
           .of_process = true,
           .more = "For a [fleet](fleet.md): checks of live changes of any migration come before "
                   "comparisons of any other"},
          {.name = "memory",
           .value = "SIZE",
           .target = size_into(o.memory_bytes, smallest_memory),
           .help = "memory limit for pending work; what does not fit waits on disk",
           .of_process = true,
           .more = "A [fleet](fleet.md) has it in common: each migration has as much of it as it "
                   "needs"}};
}

flag segments_flag(migration_options& o) {
  return {"segments", "N", count_into(o.segments, 1, 1'000'000),
          "parts of each table that a comparison scans; a restart repeats only unfinished ones",
          "one for 32 MiB of the larger table, at least 64"};
}

flag config_flag(migration_options& o) {
  return {.name = "config",
          .value = "FILE",
          .target = text_into(o.config_file),
          .help =
              "TOML with these names, such as target-table = \"orders\"; or a fleet: several "
              "migrations in one process",
          .more = "[The file](configuration.md), [a fleet](fleet.md)"};
}

flag only_flag(std::vector<std::string>& only) {
  return {.name = "migration",
          .value = "NAME",
          .target = list_into(only),
          .help = "of the fleet in --config this migration only; repeatable",
          .fallback = "all",
          .of_process = true,
          .possible = "a name in that file"};
}

flag_group files(migration_options& o, std::string_view fresh) {
  return {"Files",
          {{.name = "state",
            .value = "FILE",
            .target = text_into(o.state_file),
            .help = "progress; the same command goes on from there",
            .fallback = "./<source>--<target>.monitor.db",
            .more = "By default each side is named by account, region and table. [The state "
                    "file](operations.md#the-state-file)",
            .possible = "a file on a local disk"},
           {.name = "fresh",
            .value = "",
            .target = switch_into(o.fresh),
            .help = fresh,
            .never_in_config = "it would be thrown away again at each restart"},
           {.name = "findings",
            .value = "FILE",
            .target = text_into(o.findings_file),
            .help = "mismatches, one JSON object a line",
            .fallback = "beside the state",
            .more = "`orders.monitor.db` has `orders.monitor.findings.jsonl`. "
                    "[Format](output.md#findings-file-schema-1)"},
           {.name = "findings-max",
            .value = "N",
            .target = count_into(o.findings_max, 1, findings_bound),
            .help = "open mismatches that are listed one by one; further ones are only counted by "
                    "kind, and need a new comparison before GO",
            .more = "[Sizes](operations.md#what-it-takes-on-the-disk)"},
           config_flag(o),
           only_flag(o.only)}};
}

void let_state_lie_in_table(flag_group& group, migration_options& o, std::string_view help) {
  auto& state = group.flags.front();
  state.value = "PLACE";
  state.help = help;
  state.possible = "a file on a local disk, or dynamodb://TABLE/NAME";
  append(group, state_table_flags(o));
}

std::vector<flag> output_flags(migration_options& o) {
  return {
      of_process({"stats-interval", "D", duration_into(o.stats_interval, milliseconds(100)),
                  "time between two status blocks", "", "DDB_STATS_INTERVAL"}),
      {.name = "output",
       .value = "FORMAT",
       .target = choice_into(o.output, output_formats),
       .help = "json: one object on standard output at the end, all else on standard error",
       .of_process = true,
       .more = "[Format](output.md#json-report-schema-2)"},
      {.name = "log-format",
       .value = "FORMAT",
       .target = choice_into(o.log_format, log_formats),
       .help = "text or json",
       .of_process = true,
       .more =
           "With `json` also a [status line](output.md#the-status-in-the-log) each stats interval"},
      {.name = "log-level",
       .value = "LEVEL",
       .target = choice_into(o.log_level, log_levels),
       .help = "debug, info, warning or error",
       .of_process = true,
       .more = "What is below it is left out"},
      {"show-values", "", switch_into(o.show_values),
       "put item values into findings and the state"},
      {.name = "hash-keys",
       .value = "",
       .target = switch_into(o.hash_keys),
       .help = "show keyed hashes instead of keys in logs, findings and reports",
       .more = "The state holds the keys all the same. Refused together with `--show-values`"}};
}

flag quiet_flag(migration_options& o) {
  return {.name = "quiet",
          .value = "",
          .target = switch_into(o.quiet),
          .help =
              "print warnings and errors, and at the end the verdict with its reasons and the open "
              "mismatches: no first screen, no panel, no blocks, no other lines of the log",
          .of_process = true,
          .more = "Whatever `--log-level` says. Refused together with `--verbose` and `--emf`"};
}

flag emf_flag(migration_options& o) {
  return {"emf", "NAMESPACE", namespace_into(o.emf),
          "CloudWatch namespace: with --log-format json the status lines of the log "
          "become metrics in it (embedded metric format)",
          "none"};
}

flag_group web_server(migration_options& o) {
  return {
      "HTTP",
      {{.name = "listen",
        .value = "ADDRESS",
        .target = listen_address_into(o.listen),
        .help =
            "serve the live page, status, history, findings, events and metrics there, read-only, "
            "such as at 127.0.0.1:8080",
        .fallback = "off",
        .of_process = true,
        .more = "[What is there](http.md)"},
       of_process(
           {"listen-token-file", "FILE", text_into(o.listen_token_file),
            "clients must send the token in this file; required unless the address is loopback",
            "none"}),
       {.name = "listen-allow-host",
        .value = "HOST",
        .target = list_into(o.listen_allow_hosts),
        .help = "a further name under which the server is reached, such as a proxy's; repeatable",
        .fallback = "none",
        .of_process = true,
        .possible = "a host name"}}};
}

flag_group alerts(migration_options& o) {
  return {
      "Alerts",
      {{.name = "on-alert",
        .value = "COMMAND",
        .target = command_into(o.on_alert),
        .help = "run this program, with its arguments and without a shell, when an alert begins "
                "or ends; it gets JSON on standard input, and is stopped after 30 s",
        .fallback = "none",
        .more = "[Alerts](alerts.md)"},
       {.name = "alert-webhook",
        .value = "URL",
        .target = webhook_into(o.alert_webhook),
        .help = "POST the same JSON there; it has a `text` for chats",
        .fallback = "none",
        .variable = "DDB_ALERT_WEBHOOK",
        .more = "The address is a secret: better in `DDB_ALERT_WEBHOOK`"}}};
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
  apply_quiet(o);
  if (!o.emf.empty() && o.log_format != log::format::json) {
    contradictions.emplace_back("--emf needs --log-format json: its metrics are members of lines");
  }
}

void apply_quiet(migration_options& o) {
  if (o.quiet) {
    o.log_level = std::max(o.log_level, log::level::warning);
  }
}

void complete_state_in_table(migration_options& o, std::vector<std::string>& contradictions) {
  o.state.region = o.state.region ? o.state.region : o.region;
  const bool in_table = o.state_file && remote::is_state_address(*o.state_file);
  if (in_table) {
    if (const auto address = remote::parse_state_address(*o.state_file); !address) {
      contradictions.push_back("--state: " + address.error().message);
    }
  } else if (o.state.profile || o.state.endpoint_url ||
             o.state_interval != migration_options{}.state_interval) {
    contradictions.emplace_back(
        "--state-profile, --state-endpoint-url and --state-interval say nothing unless --state "
        "names a state in a table: dynamodb://TABLE/NAME");
  }
}

}  // namespace ddm::cli
