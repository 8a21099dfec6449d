#include "cli/shared_flags.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace ddm::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick{1};
constexpr std::uint64_t smallest_memory = 1 << 20;
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

/// "arn:aws:dynamodb:eu-west-1:123456789012:table/orders" → "orders".
std::string name_of_table(const std::string& name_or_arn) {
  const auto slash = name_or_arn.rfind('/');
  return slash == std::string::npos ? name_or_arn : name_or_arn.substr(slash + 1);
}

}  // namespace

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

std::vector<flag> equality_flags(migration_options& o) {
  return {{"max-lag", "D", duration_into(o.max_lag, tick),
           "maximum replication lag; a change that is still missing after this is a mismatch"},
          {"ignore-attribute", "PATH", patterns_into(o.ignore_attributes),
           "attribute left out of comparisons, but not inside lists; repeatable, and replaces the "
           "default; a * at the end matches any rest"}};
}

std::vector<flag> pace_flags(migration_options& o) {
  return {{"max-rcu", "N", rate_into(o.max_rcu), "read units a second on each side; or unlimited",
           "20 % of provisioned capacity, 3000 on demand"},
          {"memory", "SIZE", size_into(o.memory_bytes, smallest_memory),
           "memory limit for pending work; what does not fit waits on disk"}};
}

flag segments_flag(migration_options& o) {
  return {"segments", "N", count_into(o.segments, 1, 1'000'000),
          "parts of each table that a comparison scans; a restart repeats only unfinished ones",
          "one for 32 MiB of the larger table, at least 64"};
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
            "open mismatches that are listed one by one; further ones are only counted by "
            "kind, and need a new comparison before GO"},
           {"config", "FILE", text_into(o.config_file),
            "TOML with these names, such as target-table = \"orders\""}}};
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
      {"hash-keys", "", switch_into(o.hash_keys),
       "show keyed hashes instead of keys in logs, findings and reports"}};
}

flag quiet_flag(migration_options& o) {
  return {"quiet", "", switch_into(o.quiet),
          "print warnings and errors, and at the end the verdict with its reasons and the open "
          "mismatches: no first screen, no panel, no blocks, no other lines of the log"};
}

flag emf_flag(migration_options& o) {
  return {"emf", "NAMESPACE", namespace_into(o.emf),
          "CloudWatch namespace: with --log-format json the status lines of the log "
          "become metrics in it (embedded metric format)",
          "none"};
}

flag_group web_server(migration_options& o) {
  return {"HTTP",
          {{"listen", "ADDRESS", listen_address_into(o.listen),
            "serve status, history, findings, events and metrics there, read-only, such as at "
            "127.0.0.1:8080",
            "off"},
           {"listen-token-file", "FILE", text_into(o.listen_token_file),
            "clients must send the token in this file; required unless the address is loopback",
            "none"},
           {"listen-allow-host", "HOST", list_into(o.listen_allow_hosts),
            "a further name under which the server is reached, such as a proxy's; repeatable",
            "none"}}};
}

flag_group alerts(migration_options& o) {
  return {"Alerts",
          {{"on-alert", "COMMAND", command_into(o.on_alert),
            "run this program, with its arguments and without a shell, when an alert begins "
            "or ends; it gets JSON on standard input, and is stopped after 30 s",
            "none"},
           {"alert-webhook", "URL", webhook_into(o.alert_webhook),
            "POST the same JSON there; it has a `text` for chats", "none", "DDB_ALERT_WEBHOOK"}}};
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

}  // namespace ddm::cli
