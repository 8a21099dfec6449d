#include "cli/plan_look.h"

#include "cli/budgets.h"
#include "dynamodb/describe_settings.h"
#include "monitor/migration.h"
#include "plan/permissions.h"
#include "remote/state_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace ddm::cli {
namespace {

/// What a service refuses or lacks is what a plan is to tell.
bool is_an_answer(const error& failure) {
  return failure.kind == error_class::access_denied || failure.kind == error_class::not_found;
}

}  // namespace

std::unique_ptr<connection> plan_look::open(const connection_request& request,
                                            std::string& trouble) {
  auto opened = connections_.open(request);
  if (!opened) {
    trouble = opened.error().describe();
    failures_.push_back(std::move(opened.error()));
    return nullptr;
  }
  return std::move(*opened);
}

void plan_look::note(const error& failure) {
  if (!is_an_answer(failure)) {
    failures_.push_back(failure);
  }
}

/// Who the credentials belong to. A store beside AWS has no such service.
awaitable<void> plan_look::identify(connection& link, plan::side_facts& facts) {
  if (facts.table && dynamodb::is_local_arn(facts.table->table.arn)) {
    facts.identity_trouble = "DynamoDB Local knows no identities";
    co_return;
  }
  auto caller = co_await link.caller_identity();
  if (caller) {
    facts.identity = std::move(caller->arn);
  } else {
    facts.identity_trouble = caller.error().describe();
  }
}

awaitable<plan::side_facts> plan_look::look_at(side which, connection_options options,
                                               std::string table) {
  plan::side_facts facts{.side = which,
                         .access = options.profile ? "profile " + *options.profile
                                                   : std::string("default credentials")};
  const auto link =
      open({std::string(to_string(which)), aws_service::tables, options}, facts.table_trouble);
  if (!link) {
    facts.identity_trouble = facts.table_trouble;
    co_return facts;
  }
  const auto& description = link->description();
  facts.access += fmt::format(", {}, {}", description.region, description.endpoint);
  if (const auto fault = region_fault(which, table, description)) {
    facts.table_trouble = *fault;
    note(wrong_usage(*fault).error());
    co_await identify(*link, facts);
    co_return facts;
  }
  const dynamodb::table_name name(table);
  auto described = co_await dynamodb::describe_with_settings(link->calls(), name);
  if (!described) {
    facts.table_trouble = fmt::format("{} table {} cannot be described: {}", to_string(which),
                                      table, described.error().describe());
    note(described.error());
  } else {
    facts.table = std::move(*described);
    facts.units_per_second = read_budget(options_, &facts.table->table);
    dynamodb::dynamodb_client client(link->calls());
    auto tries =
        co_await plan::try_table(client, which, name, facts.table->table.schema, options_.wanted);
    std::ranges::move(tries, std::back_inserter(report_.permissions));
  }
  co_await identify(*link, facts);
  co_return facts;
}

std::string plan_look::how_to_enable_the_stream() const {
  return fmt::format(
      "the stream of source table {} is off; turn it on with: {}", options_.source_table,
      monitor::stream_enabling_command(options_.source_table, options_.source.region.value_or(""),
                                       options_.source.profile.value_or("")));
}

awaitable<void> plan_look::look_at_stream() {
  const auto* source = report_.source.table ? &report_.source.table->table : nullptr;
  const bool is_on = source != nullptr && source->stream.enabled && source->latest_stream_arn;
  if (!options_.stream_arn && !is_on) {
    report_.stream_trouble =
        source == nullptr
            ? std::string("the source table is not known, and no --stream-arn was given")
            : how_to_enable_the_stream();
    co_return;
  }
  const auto arn = options_.stream_arn ? *options_.stream_arn : source->latest_stream_arn->str();
  const auto link = open({"stream", aws_service::streams,
                          stream_connection(options_, options_.stream, options_.stream_arn)},
                         report_.stream_trouble);
  if (!link) {
    co_return;
  }
  report_.stream_arn = arn;
  dynamodb::streams_client client(link->calls());
  report_.stream = co_await plan::try_stream(client, dynamodb::stream_arn(arn), options_.wanted);
  std::ranges::move(report_.stream.permissions, std::back_inserter(report_.permissions));
  if (report_.stream.failure) {
    note(*report_.stream.failure);
  }
}

/// The table by whoever may describe it; else by who asks: its policy is wanted before it is there.
awaitable<void> plan_look::look_at_state() {
  const auto address = remote::parse_state_address(*options_.state_file);
  if (!address) {
    report_.state_trouble = address.error().message;
    note(address.error());
    co_return;
  }
  const auto link = open({"state", aws_service::tables, options_.state}, report_.state_trouble);
  if (!link) {
    co_return;
  }
  const auto described = co_await dynamodb::describe_with_settings(
      link->calls(), dynamodb::table_name(address->table));
  if (described) {
    report_.state = plan::state_subject{.table_arn = described->table.arn,
                                        .name = address->name,
                                        .kms_key_arn = described->kms_key_arn};
    co_return;
  }
  note(described.error());
  const auto caller = co_await link->caller_identity();
  if (!caller) {
    report_.state_trouble = described.error().describe();
    co_return;
  }
  report_.state = plan::state_subject{
      .table_arn = plan::arn_of_table(caller->arn, link->description().region, address->table),
      .name = address->name,
      .kms_key_arn = {}};
}

awaitable<plan::plan_report> plan_look::look() {
  report_.sample_rate = options_.sample_rate;
  report_.wanted = options_.wanted;
  report_.source = co_await look_at(side::source, options_.source, options_.source_table);
  report_.target = co_await look_at(side::target, options_.target, options_.target_table);
  if (!plan::actions_on(plan::resource::stream, options_.wanted).empty()) {
    co_await look_at_stream();
  }
  if (options_.state_file) {
    co_await look_at_state();
  }
  if (report_.source.table && report_.target.table) {
    report_.settings = dynamodb::compare_settings(report_.source.table->settings,
                                                  report_.target.table->settings, options_.accept);
  }
  co_return std::move(report_);
}

}  // namespace ddm::cli
