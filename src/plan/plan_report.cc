#include "plan/plan_report.h"

#include "base/displayable.h"
#include "base/foreign_json.h"
#include "base/units.h"
#include "plan/policies.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddm::plan {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view not_known = "unknown";
/// DynamoDB throttles a third reader of a shard.
constexpr std::string_view readers_note =
    "at most two may read a shard: the replicator and the monitor leave no room for a third, such "
    "as a Lambda trigger";

table_size size_of(const side_facts& side) {
  return {.items = side.table->table.item_count, .bytes = side.table->table.size_bytes};
}

bool images_are_missing(const std::string& view_type) {
  return view_type == "KEYS_ONLY" || view_type == "OLD_IMAGE";
}

std::string units(double number) {
  return grouped(static_cast<std::uint64_t>(std::llround(number)));
}

std::string value_or_unknown(const std::optional<std::string>& value) {
  return value.value_or(std::string(not_known));
}

std::string shown_key(const side_facts& side) {
  return side.table ? side.table->table.schema.describe() : std::string(not_known);
}

class text_page {
 public:
  void title(std::string_view text) { fmt::format_to(out(), "\n{}\n", text); }
  void line(std::string_view name, std::string_view text) {
    row(fmt::format("  {:<12} {}", name, text));
  }
  /// One line, whatever a service wrote into it.
  void row(std::string_view text) { fmt::format_to(out(), "{}\n", displayable(text)); }
  /// A document: its strings hold no break.
  void document(std::string_view name, const ordered_json& whole) {
    fmt::format_to(out(), "{}:\n{}\n", name, json_text(whole, 2));
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }
  std::string text_;
};

void show_side(const side_facts& side, text_page& page) {
  page.line(to_string(side.side), side.access);
  page.line("", fmt::format("identity {}", side.identity ? *side.identity
                                                         : fmt::format("{} ({})", not_known,
                                                                       side.identity_trouble)));
  if (!side.table) {
    page.line("", side.table_trouble);
    return;
  }
  const auto& table = side.table->table;
  page.line("", fmt::format("{} ({}), {}", table.name, table.arn, table.status_text));
  page.line(
      "", fmt::format("key {}, about {} items, {} (figures up to 6 h old)", table.schema.describe(),
                      grouped(table.item_count), format_size(table.size_bytes)));
}

void show_stream(const plan_report& report, text_page& page) {
  page.title("Stream");
  if (report.stream_arn.empty()) {
    page.line("", report.stream_trouble);
    return;
  }
  page.line("arn", report.stream_arn);
  page.line("view type", report.stream.view_type.empty() ? not_known : report.stream.view_type);
  if (images_are_missing(report.stream.view_type)) {
    page.line("",
              "no new image: each check costs a strong read of the stream's table, and stale "
              "cannot be told from different; NEW_AND_OLD_IMAGES is advised");
  }
  page.line("shards", fmt::format("{} open, {} closed", report.stream.shards_open,
                                  report.stream.shards_closed));
  page.line("readers",
            fmt::format("{} (the service does not say who reads); {}", not_known, readers_note));
}

void show_permissions(const plan_report& report, text_page& page) {
  page.title("Permissions, each tried by its smallest call (writes are not tried)");
  for (const auto& each : report.permissions) {
    page.row(fmt::format("  {:<8} {:<7} {:<32} {}", to_string(each.state), each.shown_side(),
                         each.action,
                         each.state == grant::granted ? "for " + each.needed_by : each.message));
  }
}

void show_settings(const plan_report& report, text_page& page) {
  page.title("Settings of the two tables (--accept NAME for a difference that is meant)");
  for (const auto& row : report.settings) {
    const auto source = value_or_unknown(row.source);
    const auto target = value_or_unknown(row.target);
    page.row(fmt::format(
        "  {:<9} {:<22} {}", to_string(row.state), row.name,
        source == target ? source : fmt::format("source {} | target {}", source, target)));
  }
}

void show_costs(const plan_report& report, text_page& page) {
  page.title("Cost (us-east-1 prices; on-demand read units, the free part not subtracted)");
  if (const auto cost = report.comparing()) {
    page.line("compare", fmt::format("{} + {} read units, {}, {}", units(cost->source_units),
                                     units(cost->target_units), dollars(cost->usd),
                                     cost->duration.count() == 0
                                         ? std::string("as fast as the tables allow")
                                         : "about " + spoken_duration(cost->duration) + " at " +
                                               fmt::format("{:.0f} and {:.0f} units/s",
                                                           report.source.units_per_second,
                                                           report.target.units_per_second)));
    page.line(
        "", fmt::format("looking every key up instead: {} read units", units(cost->look_up_units)));
  } else {
    page.line("compare", not_known);
  }
  if (const auto cost = report.monitoring()) {
    page.line("monitor",
              fmt::format("a million changes at 1 key in {}: {} read units of the "
                          "target, {} of the source, {}",
                          report.sample_rate, units(cost->target_units_per_million),
                          units(cost->source_units_per_million), dollars(cost->usd_per_million)));
    page.line("", fmt::format("polling {} open shards while idle: {} GetRecords calls, {} a day",
                              report.stream.shards_open, units(cost->stream_calls_per_day),
                              dollars(cost->stream_usd_per_day)));
  } else {
    page.line("monitor", not_known);
  }
  if (const auto costs = report.three_weeks()) {
    page.line("three weeks",
              fmt::format("{}: one comparison, and the stream read while idle, or with every shard "
                          "busy all the time",
                          describe(*costs)));
    page.line("", fmt::format("and {} for each 100 changes a second",
                              dollars(costs->usd_per_100_changes_a_second)));
  }
}

struct named_policy {
  std::string name;
  ordered_json document;
};

std::vector<named_policy> policies_of(const plan_report& report) {
  std::vector<named_policy> policies;
  const auto add = [&](std::string name, std::optional<ordered_json> document) {
    if (document) {
      policies.push_back({std::move(name), std::move(*document)});
    }
  };
  const auto subject = [](const side_facts& side) {
    return policy_subject{.table_arn = side.table->table.arn,
                          .kms_key_arn = side.table->kms_key_arn};
  };
  if (report.source.table) {
    add("source table", table_policy(subject(report.source), report.wanted));
  }
  if (!report.stream_arn.empty()) {
    const auto table_arn = report.stream_arn.substr(0, report.stream_arn.find("/stream/"));
    const bool of_target = report.target.table && report.target.table->table.arn == table_arn &&
                           report.source.table && report.source.table->table.arn != table_arn;
    const auto& side = of_target ? report.target : report.source;
    add("stream",
        stream_policy({.table_arn = table_arn,
                       .kms_key_arn = side.table ? side.table->kms_key_arn : std::nullopt},
                      report.wanted));
  }
  if (report.target.table) {
    add("target table", table_policy(subject(report.target), report.wanted));
    add("target table, for repair --apply", write_policy(subject(report.target), report.wanted));
  }
  if (report.state) {
    add("table of states", state_policy(*report.state));
  }
  return policies;
}

std::string for_whom(const purposes& wanted) {
  std::vector<std::string_view> names;
  for (const auto each : wanted) {
    names.push_back(to_string(each));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

ordered_json json_of(const side_facts& side) {
  ordered_json out{{"access", side.access},
                   {"identity", side.identity ? ordered_json(*side.identity) : ordered_json()},
                   {"table", nullptr}};
  if (side.table) {
    const auto& table = side.table->table;
    out["table"] = {{"name", table.name},          {"arn", table.arn},
                    {"status", table.status_text}, {"key", table.schema.describe()},
                    {"items", table.item_count},   {"bytes", table.size_bytes}};
  }
  return out;
}

ordered_json costs_json(const plan_report& report) {
  ordered_json out{{"compare", nullptr}, {"monitor", nullptr}, {"three_weeks", nullptr}};
  if (const auto cost = report.comparing()) {
    out["compare"] = {{"source_rcu", cost->source_units},
                      {"target_rcu", cost->target_units},
                      {"look_up_rcu", cost->look_up_units},
                      {"seconds", static_cast<double>(cost->duration.count()) / 1000},
                      {"usd", cost->usd}};
  }
  if (const auto cost = report.monitoring()) {
    out["monitor"] = {{"source_rcu_per_million_changes", cost->source_units_per_million},
                      {"target_rcu_per_million_changes", cost->target_units_per_million},
                      {"usd_per_million_changes", cost->usd_per_million},
                      {"stream_calls_per_day", cost->stream_calls_per_day},
                      {"stream_usd_per_day", cost->stream_usd_per_day}};
  }
  if (const auto costs = report.three_weeks()) {
    out["three_weeks"] = {{"usd_least", costs->usd_least},
                          {"usd_most", costs->usd_most},
                          {"usd_per_100_changes_a_second", costs->usd_per_100_changes_a_second}};
  }
  return out;
}

ordered_json settings_json(const plan_report& report) {
  auto rows = ordered_json::array();
  for (const auto& row : report.settings) {
    rows.push_back({{"name", row.name},
                    {"state", to_string(row.state)},
                    {"source", row.source ? ordered_json(*row.source) : ordered_json()},
                    {"target", row.target ? ordered_json(*row.target) : ordered_json()}});
  }
  return rows;
}

ordered_json permissions_json(const plan_report& report) {
  auto rows = ordered_json::array();
  for (const auto& each : report.permissions) {
    rows.push_back({{"side", each.shown_side()},
                    {"action", each.action},
                    {"state", to_string(each.state)},
                    {"needed_by", each.needed_by},
                    {"message", each.message}});
  }
  return rows;
}

}  // namespace

std::optional<compare_estimate> plan_report::comparing() const {
  if (!source.table || !target.table) {
    return std::nullopt;
  }
  return estimate_compare(size_of(source), size_of(target), source.units_per_second,
                          target.units_per_second);
}

std::optional<monitor_estimate> plan_report::monitoring() const {
  if (!source.table || stream_arn.empty() || stream.failure) {
    return std::nullopt;
  }
  return estimate_monitor(size_of(source), stream.shards_open, sample_rate,
                          images_are_missing(stream.view_type));
}

std::optional<forecast> plan_report::three_weeks() const {
  const auto compare = comparing();
  const auto monitor = monitoring();
  return compare && monitor ? std::optional(forecast_costs(*compare, *monitor, stream.shards_open))
                            : std::nullopt;
}

std::vector<std::string> plan_report::obstacles() const {
  std::vector<std::string> found;
  for (const auto* side : {&source, &target}) {
    if (!side->table) {
      found.push_back(side->table_trouble);
    }
  }
  if (source.table && target.table && source.table->table.schema != target.table->table.schema) {
    found.push_back(fmt::format("the key schemas differ: source {}, target {}", shown_key(source),
                                shown_key(target)));
  }
  if (!stream_trouble.empty()) {
    found.push_back(stream_trouble);
  }
  for (const auto& each : permissions) {
    if (each.state == grant::denied) {
      found.push_back(fmt::format("{}: {} is not granted, needed for {}", each.shown_side(),
                                  each.action, each.needed_by));
    }
  }
  for (const auto& row : settings) {
    if (row.state == dynamodb::parity::different) {
      found.push_back(fmt::format("{} differs: source {}, target {}", row.name,
                                  value_or_unknown(row.source), value_or_unknown(row.target)));
    }
  }
  return found;
}

std::vector<std::string> plan_report::unknowns() const {
  std::vector<std::string> found;
  for (const auto* side : {&source, &target}) {
    if (!side->identity) {
      found.push_back(fmt::format("identity of the {}", to_string(side->side)));
    }
  }
  if (!state_trouble.empty()) {
    found.push_back("the table of states: " + state_trouble);
  }
  for (const auto& each : permissions) {
    if (each.state == grant::unknown) {
      found.push_back(fmt::format("{}: {}", each.shown_side(), each.action));
    }
  }
  for (const auto& row : settings) {
    if (row.state == dynamodb::parity::unknown) {
      found.push_back("setting " + row.name);
    }
  }
  return found;
}

int plan_report::exit_code() const {
  constexpr int nothing_in_the_way = 0;
  constexpr int something_in_the_way = 1;
  constexpr int something_unknown = 3;
  return !obstacles().empty()  ? something_in_the_way
         : !unknowns().empty() ? something_unknown
                               : nothing_in_the_way;
}

std::string render_text(const plan_report& report) {
  text_page page;
  page.row("Tables");
  show_side(report.source, page);
  show_side(report.target, page);
  show_stream(report, page);
  show_permissions(report, page);
  show_settings(report, page);
  show_costs(report, page);
  page.title(
      fmt::format("IAM policies, the smallest that serve {} (--for)", for_whom(report.wanted)));
  for (const auto& [name, document] : policies_of(report)) {
    page.document(name, document);
  }
  page.title("Result");
  const auto obstacles = report.obstacles();
  for (const auto& each : obstacles) {
    page.line("in the way", each);
  }
  for (const auto& each : report.unknowns()) {
    page.line("unknown", each);
  }
  if (obstacles.empty()) {
    page.line("", report.unknowns().empty() ? "nothing is in the way"
                                            : "nothing that could be learned is in the way");
  }
  return std::move(page).take();
}

std::string dollars(double amount) { return fmt::format("{:.2f} USD", amount); }

std::string describe(const forecast& costs) {
  return fmt::format("{:.2f} to {}", costs.usd_least, dollars(costs.usd_most));
}

std::string render_json(const plan_report& report, std::string_view migration) {
  ordered_json policies = ordered_json::object();
  for (auto& [name, document] : policies_of(report)) {
    policies[name] = std::move(document);
  }
  const ordered_json out{
      {"schema", 1},
      {"command", "plan"},
      {"migration", migration.empty() ? ordered_json() : ordered_json(migration)},
      {"in_the_way", report.obstacles()},
      {"unknown", report.unknowns()},
      {"source", json_of(report.source)},
      {"target", json_of(report.target)},
      {"stream",
       {{"arn", report.stream_arn.empty() ? ordered_json() : ordered_json(report.stream_arn)},
        {"view_type",
         report.stream.view_type.empty() ? ordered_json() : ordered_json(report.stream.view_type)},
        {"shards_open", report.stream.shards_open},
        {"shards_closed", report.stream.shards_closed}}},
      {"permissions", permissions_json(report)},
      {"settings", settings_json(report)},
      {"cost", costs_json(report)},
      {"policies", std::move(policies)}};
  return json_text(out);
}

}  // namespace ddm::plan
