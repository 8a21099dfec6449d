#include "monitor/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace ddm::monitor {
namespace {

using dynamodb::is_local_arn;
using dynamodb::table_arn;
using dynamodb::table_description;

std::string where(const table_access& access) {
  return fmt::format(
      "region {}, {}, {}", access.region,
      access.profile.empty() ? std::string("default credentials") : "profile " + access.profile,
      access.endpoint);
}

/// A name that the service calls no name is a matter of the command line.
error_class class_of_refusal(const error& failure) {
  return failure.code == "ValidationException" ? error_class::wrong_usage : failure.kind;
}

/// What the command line contradicts.
error misuse(std::string line) {
  return {.kind = error_class::wrong_usage, .message = std::move(line)};
}

/// One line; what the failure itself tells is in it.
error one_line(error_class kind, std::string line) {
  return {.kind = kind, .message = std::move(line)};
}

std::string words_of(const table_access& access, const error& failure, bool may_await) {
  const auto side_name = to_string(access.side);
  if (failure.kind == error_class::not_found) {
    return fmt::format(
        "{0} table {1} does not exist in {2}: check --{0}-table, --{0}-profile and --{0}-region{3}",
        side_name, access.table.str(), where(access),
        access.side == side::target && may_await
            ? "; if it is still to be imported, add --await-target"
            : "");
  }
  const auto remedy = [&]() -> std::string {
    switch (failure.kind) {
      case error_class::retry:
      case error_class::throttled:
      case error_class::unknown_answer:
        return fmt::format("check the network, --{0}-endpoint-url and --{0}-region", side_name);
      case error_class::access_denied:
      case error_class::refresh_credentials:
        return fmt::format("check --{}-profile and its permissions (docs/iam.md)", side_name);
      default:
        return fmt::format("check --{}-table", side_name);
    }
  };
  return fmt::format("{} table {} cannot be described ({}): {}; {}", side_name, access.table.str(),
                     where(access), failure.describe(), remedy());
}

error describe_failure(const table_access& access, const error& failure, bool may_await) {
  return one_line(class_of_refusal(failure), words_of(access, failure, may_await));
}

std::string identity_of(const table_access& access, const table_description& table) {
  if (!table.arn.empty() && !is_local_arn(table.arn)) {
    return table.arn;
  }
  return fmt::format("{}|{}|{}|{}", access.endpoint, access.access_key_id, access.region,
                     table.name);
}

/// The account of an absent table is not known, and access keys of roles change: what is left is
/// the place. On DynamoDB Local the key is the account.
std::string awaited_identity_of(const table_access& access, bool local) {
  return local
             ? fmt::format("{}|{}|{}|{}", access.endpoint, access.access_key_id, access.region,
                           access.table.str())
             : fmt::format("awaited|{}|{}|{}", access.endpoint, access.region, access.table.str());
}

std::string same_table_fault(const migration_request& request, const migration& facts) {
  const auto& source = facts.source;
  const auto spelled = [](const table_access& access) {
    return fmt::format("table {} in {}", access.table.str(), where(access));
  };
  const auto by = !source.id.empty() ? "TableId " + source.id
                  : source.created   ? "created " + format_rfc3339(*source.created)
                                     : std::string("one place, account and name");
  return fmt::format(
      "source and target are the same table ({}; {}): {} and {} lead to it. A table compared with "
      "itself is always equal. Give the target its own --target-profile, --target-region, "
      "--target-endpoint-url or --target-table (on DynamoDB Local with -sharedDb profiles and "
      "regions are no accounts: a server without it, or another name)",
      facts.source_identity, by, spelled(request.source), spelled(request.target));
}

void check_given_keys(const migration_request& request, const dynamodb::key_schema& schema,
                      std::vector<error>& faults) {
  if (request.partition_key && *request.partition_key != schema.partition.name) {
    faults.push_back(misuse(
        fmt::format("--partition-key {}: the partition key of source table {} is {} (its key: {})",
                    *request.partition_key, request.source.table.str(), schema.partition.name,
                    schema.describe())));
  }
  if (request.sort_key && (!schema.sort || *request.sort_key != schema.sort->name)) {
    faults.push_back(misuse(fmt::format(
        "--sort-key {}: source table {} {} (its key: {})", *request.sort_key,
        request.source.table.str(),
        schema.sort ? "has the sort key " + schema.sort->name : std::string("has no sort key"),
        schema.describe())));
  }
}

bool belongs_to(const table_arn& stream, std::string_view stream_text,
                const table_description& table) {
  return is_local_arn(stream_text) ? stream.table == table.name
                                   : stream_text.starts_with(table.arn + "/stream/");
}

/// Whether source and target, though spelled otherwise, are one table: it would always be equal to
/// itself. TableId tells. DynamoDB Local gives none, and ARNs that are alike in every account;
/// 3.3.1 was seen to answer so: with -sharedDb, access keys and regions of every kind reach one
/// table, whose CreationDateTime (milliseconds), LatestStreamArn (the same milliseconds) and
/// ItemCount (of this moment) are the same for all of them; without it, the tables of two access
/// keys differ in these as far as they were made in different milliseconds.
awaitable<bool> is_one_table(const migration_request& request, const migration& facts) {
  const auto& source = facts.source;
  const auto& target = *facts.target;
  if (!source.id.empty() || !target.id.empty()) {
    const bool same_id = source.id == target.id;
    co_return same_id&& source.arn == target.arn;
  }
  const bool alike = source.created && source.created == target.created &&
                     source.name == target.name && source.schema == target.schema &&
                     source.latest_stream_arn == target.latest_stream_arn &&
                     source.stream.enabled == target.stream.enabled;
  if (!alike ||
      !co_await is_one_place(request.source.endpoint, request.target.endpoint, request.lookup)) {
    co_return false;
  }
  if (source.item_count == target.item_count) {
    co_return true;
  }
  // Writers go on between two looks: the count of one table then lies between two of its own.
  const auto again = co_await request.source.client.describe_table(request.source.table);
  co_return !again || (target.item_count >= std::min(source.item_count, again->item_count) &&
                       target.item_count <= std::max(source.item_count, again->item_count));
}

/// Which table's stream it is. Local's ARNs fit both sides: there the label tells, which is the
/// time when the stream was turned on; else the connection: server and account, or, where access
/// keys are no accounts (-sharedDb), the server alone.
awaitable<std::optional<verify::direction>> direction_of(const migration_request& request,
                                                         const migration& facts,
                                                         const table_arn& parsed,
                                                         std::string_view text) {
  using verify::direction;
  const bool of_source = belongs_to(parsed, text, facts.source);
  const bool of_target = facts.target && belongs_to(parsed, text, *facts.target);
  if (!of_source || !of_target) {
    co_return of_source ? std::optional(direction::source_to_target)
    : of_target         ? std::optional(direction::target_to_source)
                        : std::nullopt;
  }
  const auto is_latest_of = [&](const table_description& table) {
    return table.latest_stream_arn && table.latest_stream_arn->str() == text;
  };
  const bool at_source =
      co_await is_one_place(request.source.endpoint, request.stream_endpoint, request.lookup);
  const bool at_target =
      co_await is_one_place(request.target.endpoint, request.stream_endpoint, request.lookup);
  const bool as_source = at_source && request.source.access_key_id == request.stream_access_key_id;
  const bool as_target = at_target && request.target.access_key_id == request.stream_access_key_id;
  // The first of these that tells the two apart.
  for (const auto [source, target] :
       {std::pair(is_latest_of(facts.source), is_latest_of(*facts.target)),
        std::pair(as_source, as_target), std::pair(at_source, at_target)}) {
    if (source != target) {
      co_return source ? direction::source_to_target : direction::target_to_source;
    }
  }
  co_return direction::source_to_target;
}

void check_strategy(const migration_request& request, const migration& facts,
                    std::vector<error>& faults) {
  const auto stream_side = verify::origin_of(facts.way);
  if (request.verify_on != stream_side) {
    return;
  }
  const std::string corrected =
      stream_side == side::source
          ? fmt::format(
                "--verify-on target, or read the target's stream: --stream-arn "
                "{} --stream-profile {} --verify-on source",
                facts.target && facts.target->latest_stream_arn
                    ? facts.target->latest_stream_arn->str()
                    : std::string("<the target's LatestStreamArn>"),
                request.target.profile.empty() ? "<target profile>" : request.target.profile)
          : std::string(
                "--verify-on source, or leave --stream-arn out to read the "
                "source's stream");
  faults.push_back(misuse(
      fmt::format("--verify-on {}: the stream belongs to the {} table; a table that is checked "
                  "against its own stream proves nothing. Use {}",
                  to_string(stream_side), to_string(stream_side), corrected)));
}

awaitable<void> examine_stream(const migration_request& request, migration& facts,
                               std::vector<error>& faults) {
  const auto& latest = facts.source.latest_stream_arn;
  // DynamoDB Local keeps LatestStreamArn of a table made anew without a stream: ask the setting
  // too.
  if (!request.stream_arn && (!facts.source.stream.enabled || !latest)) {
    faults.push_back(one_line(
        error_class::not_found,
        fmt::format("the stream of source table {} is off; turn it on with: {}",
                    request.source.table.str(),
                    stream_enabling_command(request.source.table.str(), request.source.region,
                                            request.source.profile))));
    co_return;
  }
  facts.stream = request.stream_arn ? dynamodb::stream_arn(*request.stream_arn) : *latest;
  const auto parsed = table_arn::parse(facts.stream.str());
  if (!parsed || parsed->stream_label.empty()) {
    faults.push_back(misuse(fmt::format(
        "--stream-arn {} is not the ARN of a stream (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/"
        "stream/LABEL){}",
        facts.stream.str(), parsed ? "" : ": " + parsed.error().message)));
    co_return;
  }
  const auto way = co_await direction_of(request, facts, *parsed, facts.stream.str());
  if (!way) {
    faults.push_back(misuse(fmt::format(
        "--stream-arn {} is the stream of table {}, which is neither the source ({}) nor the "
        "target ({}): name the stream of one of these, or leave --stream-arn out",
        facts.stream.str(), parsed->table, facts.source.arn,
        facts.target ? facts.target->arn : "not there yet")));
    co_return;
  }
  facts.way = *way;
  check_strategy(request, facts, faults);
  const auto page = co_await request.streams->describe_stream(facts.stream);
  if (!page) {
    const bool absent = page.error().kind == error_class::not_found;
    faults.push_back(
        one_line(class_of_refusal(page.error()),
                 fmt::format("stream {} cannot be described{}: {}", facts.stream.str(),
                             absent ? " (a stream that was turned off vanishes after 24 h; check "
                                      "--stream-profile and --stream-arn)"
                                    : "",
                             page.error().describe())));
    co_return;
  }
  facts.view_type = page->view_type;
}

awaitable<std::optional<std::string>> ttl_attribute(const table_access& access) {
  // Not knowing it costs only the class `expired`: a missing permission is no reason to stop.
  auto attribute = co_await access.client.describe_time_to_live(access.table);
  co_return attribute ? *attribute : std::nullopt;
}

}  // namespace

std::vector<std::string> migration_faults::lines() const {
  std::vector<std::string> all;
  all.reserve(list.size());
  for (const auto& fault : list) {
    all.push_back(fault.describe());
  }
  return all;
}

std::string stream_enabling_command(std::string_view table, std::string_view region,
                                    std::string_view profile) {
  const auto flag = [](std::string_view name, std::string_view value) {
    return value.empty() ? std::string() : fmt::format(" --{} {}", name, value);
  };
  return fmt::format(
      "aws dynamodb update-table --table-name {}{}{} --stream-specification "
      "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES",
      table, flag("region", region), flag("profile", profile));
}

awaitable<std::expected<migration, migration_faults>> examine_migration(
    const migration_request& request) {
  migration facts;
  std::vector<error> faults;
  auto source = co_await request.source.client.describe_table(request.source.table);
  auto target = co_await request.target.client.describe_table(request.target.table);
  if (!source) {
    faults.push_back(describe_failure(request.source, source.error(), false));
  }
  const bool target_awaited =
      !target && request.await_target && target.error().kind == error_class::not_found;
  if (!target && !target_awaited) {
    faults.push_back(describe_failure(request.target, target.error(), request.streams != nullptr));
  }
  if (!faults.empty()) {
    co_return std::unexpected(migration_faults{std::move(faults)});
  }
  facts.source = std::move(*source);
  if (target) {
    facts.target = std::move(*target);
  }
  facts.schema = facts.source.schema;
  facts.source_identity = identity_of(request.source, facts.source);
  facts.target_identity_awaited =
      awaited_identity_of(request.target, is_local_arn(facts.source.arn));
  facts.target_identity =
      facts.target ? identity_of(request.target, *facts.target) : facts.target_identity_awaited;
  if (facts.source_identity == facts.target_identity ||
      (facts.target && co_await is_one_table(request, facts))) {
    faults.push_back(misuse(same_table_fault(request, facts)));
    co_return std::unexpected(migration_faults{std::move(faults)});
  }
  check_given_keys(request, facts.schema, faults);
  if (facts.target && facts.target->schema != facts.schema) {
    faults.push_back(misuse(fmt::format(
        "the key schemas differ: source {} has {}, target {} has {}; name the right table",
        request.source.table.str(), facts.schema.describe(), request.target.table.str(),
        facts.target->schema.describe())));
  }
  if (request.streams != nullptr) {
    co_await examine_stream(request, facts, faults);
  }
  if (!faults.empty()) {
    co_return std::unexpected(migration_faults{std::move(faults)});
  }
  facts.source_ttl_attribute = co_await ttl_attribute(request.source);
  if (facts.target) {
    facts.target_ttl_attribute = co_await ttl_attribute(request.target);
  }
  co_return facts;
}

std::string file_name_part(const table_access& access,
                           const std::optional<table_description>& table) {
  std::string account = "awaited";
  std::string name = access.table.str();
  if (table) {
    account = access.access_key_id;
    name = table->name;
    if (const auto arn = table_arn::parse(table->arn); arn && !is_local_arn(table->arn)) {
      account = arn->account;
    }
  } else if (const auto arn = table_arn::parse(name)) {
    account = arn->account;
    name = arn->table;
  }
  auto part = fmt::format("{}-{}-{}", account, access.region, name);
  std::ranges::replace_if(
      part,
      [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.';
      },
      '_');
  return part;
}

}  // namespace ddm::monitor
