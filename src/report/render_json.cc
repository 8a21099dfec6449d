#include "base/foreign_json.h"
#include "report/render.h"

#include <nlohmann/json.hpp>

namespace ddm::report {
namespace {

using json = nlohmann::ordered_json;

json success_rate(const std::optional<success>& of) {
  if (!of) {
    return nullptr;
  }
  return {{"value", of->rate.value},
          {"low", of->rate.low},
          {"high", of->rate.high},
          {"confidence", 0.95}};
}

json success_with_keys(const std::optional<success>& of) {
  auto rate = success_rate(of);
  if (of) {
    rate["n"] = of->keys;
    rate["wrong"] = of->wrong;
  }
  return rate;
}

json open_keys(const status& now) {
  const auto all = now.mismatches.all();
  return {{"all", all},
          {"with_failed_changes", all - now.mismatches.at_rest_alone},
          {"at_rest_alone", now.mismatches.at_rest_alone}};
}

json lag(const status& now) {
  if (now.lag.count() == 0) {
    return nullptr;
  }
  const auto percentile = [&](double share) { return now.lag.percentile(share)->count(); };
  return {{"p50", percentile(0.50)},  {"p95", percentile(0.95)},
          {"p99", percentile(0.99)},  {"max", now.lag.max().count()},
          {"count", now.lag.count()}, {"upper_bounds", now.lag.bounds()}};
}

json by_kind(const verify::kind_counts& mismatches) {
  json counts = json::object();
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    counts[std::string(verify::mismatch_kind_names.at(i))] = mismatches.open.at(i);
  }
  return counts;
}

json mismatch_groups(const status& now) {
  json list = json::array();
  for (const auto& group : now.mismatch_groups) {
    list.push_back({{"kind", to_string(group.kind)}, {"path", group.path}, {"keys", group.keys}});
  }
  return list;
}

json gaps(const status& now) {
  json list = json::array();
  for (const auto& gap : now.gaps) {
    list.push_back({{"shard_id", gap.shard_id},
                    {"after_sequence_number", gap.after_sequence},
                    {"noticed", format_rfc3339(gap.noticed)},
                    {"reason", gap.reason},
                    {"cured", gap.cured}});
  }
  return list;
}

json or_null(const std::optional<wall_time>& at) {
  return at ? json(format_rfc3339(*at)) : json(nullptr);
}

/// What is not known is null.
json or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json table(const table_facts& of) {
  return {{"name", of.name},
          {"arn", or_null(of.arn)},
          {"table_id", or_null(of.table_id)},
          {"account", or_null(of.account)},
          {"region", of.region},
          {"endpoint", of.endpoint}};
}

json stream(const status& now) {
  const auto& of = now.about.stream;
  if (!of) {
    return nullptr;
  }
  return {{"arn", of->arn},
          {"view_type", of->view_type},
          {"of", to_string(of->of)},
          {"region", of->region},
          {"endpoint", of->endpoint},
          {"read_up_to",
           now.unread_for ? json(format_rfc3339(now.at - *now.unread_for)) : json(nullptr)}};
}

json settings(const status& now) {
  json values = json::object();
  for (const auto& [name, value] : now.about.settings) {
    values[name] = value;
  }
  return values;
}

json table_settings(const status& now) {
  const auto& of = now.table_settings;
  if (!of) {
    return nullptr;
  }
  json rows = json::array();
  for (const auto& row : of->rows) {
    rows.push_back({{"name", row.name},
                    {"source", row.source ? json(*row.source) : json(nullptr)},
                    {"target", row.target ? json(*row.target) : json(nullptr)},
                    {"state", to_string(row.state)}});
  }
  return {{"looked_at", or_null(of->looked_at)},
          {"trouble", or_null(of->trouble)},
          {"different", of->count(dynamodb::parity::different)},
          {"unknown", of->count(dynamodb::parity::unknown)},
          {"rows", rows}};
}

json credentials(const status& now) {
  json list = json::array();
  for (const auto& each : now.credentials) {
    list.push_back({{"of", each.of},
                    {"access_key_id", each.access_key_id},
                    {"ends", or_null(each.ends)},
                    {"renewed", each.renewed}});
  }
  return list;
}

json compared(const status& now) {
  if (!now.compared) {
    return {{"items", 0}, {"segments_done", 0}, {"segments_total", 0}};
  }
  const auto& progress = now.compared->progress;
  const auto& seen = now.compared->seen;
  const auto time = [](std::int64_t ms) -> json {
    return ms == 0 ? json(nullptr) : json(format_rfc3339(from_ms(ms)));
  };
  const auto units = [](std::int64_t milliunits) { return static_cast<double>(milliunits) / 1000; };
  return {{"items", now.compared->keys()},
          {"segments_done", progress.segments_done},
          {"segments_total", progress.pairs()},
          {"worker", progress.share().is_one_of_several() ? json(progress.worker) : json()},
          {"workers", progress.share().is_one_of_several() ? json(progress.workers) : json()},
          {"source_items", seen.source_items},
          {"target_items", seen.target_items},
          {"equal", seen.equal},
          {"equal_by_ignoring", seen.equal_by_ignoring},
          {"candidates", progress.candidates},
          {"candidates_open", progress.candidates_open()},
          {"candidates_equal", progress.candidates_equal},
          {"candidates_unequal", progress.candidates_unequal},
          {"candidates_changed", progress.candidates_changed()},
          {"candidates_twice", progress.candidates_twice},
          {"restless", progress.candidates_restless},
          {"bytes", seen.bytes},
          {"sample_rate", progress.sample_rate},
          {"attempts", progress.attempt},
          {"source_scan_rcu", units(seen.source_milliunits)},
          {"target_scan_rcu", units(seen.target_milliunits)},
          {"look_up_rcu", units(seen.look_up_milliunits)},
          {"export", progress.export_arn.empty() ? json() : json(progress.export_arn)},
          {"export_withheld", progress.withheld.empty() ? json() : json(progress.withheld)},
          {"as_of", progress.begun() ? time(to_ms(progress.as_of())) : json()},
          {"started", time(progress.started_ms)},
          {"finished", time(progress.finished_ms)}};
}

json asked(const operation_counts& of) {
  return {{"calls", of.calls}, {"retries", of.retries}, {"throttled", of.throttled}};
}

json asked(const call_counts& of) {
  auto all = asked(of.total());
  all["pauses"] = of.pauses;
  all["operations"] = json::object();
  for (const auto& each : of.operations) {
    all["operations"][each.operation] = asked(each);
  }
  return all;
}

json retention_left(const status& now) {
  if (!now.shards.behind) {
    return nullptr;
  }
  return std::chrono::duration_cast<std::chrono::seconds>(now.shards.retention_left).count();
}

json coverage_of(const verify::coverage& covered) {
  return {{"sample_rate", covered.sample_rate}, {"ignored", covered.ignored}};
}

json coverage(const status& now) {
  json at_rest = nullptr;
  json since = nullptr;
  if (now.stands_on) {
    at_rest = coverage_of(now.stands_on->at_rest);
    since = coverage_of(now.stands_on->changes);
  }
  return {{"changes", coverage_of(now.asked)},
          {"changes_since_comparison", since},
          {"items_at_rest", at_rest},
          {"items_at_rest_suffice", now.stands_on && now.stands_on->at_rest_suffices}};
}

/// Which run this is, and how it stands.
json standing(const status& now) {
  return {{"schema", 2},
          {"command", now.about.command},
          {"migration", now.about.migration},
          {"version", now.about.version},
          {"at", format_rfc3339(now.at)},
          {"started", format_rfc3339(now.about.started)},
          {"ended", now.ended},
          {"failure", or_null(now.failure)},
          {"committed", or_null(now.committed_at)},
          {"unsaved_because", or_null(now.unsaved_because)},
          {"phase", to_string(now.phase)},
          {"verdict", to_string(now.verdict.kind)},
          {"verdict_since", format_rfc3339(now.verdict_since)},
          {"reasons", now.verdict.reasons}};
}

json checks(const status& now) {
  const auto& checks = now.checks;
  return {{"keys", now.keys_checked},
          {"sampled", checks.sampled},
          {"verified", checks.verified},
          {"superseded", checks.superseded},
          {"pending", now.pending},
          {"deferred", checks.deferred},
          {"failed", checks.failed},
          {"healed", checks.healed},
          {"keys_changed", now.keys_changed},
          {"deletes", checks.deletes},
          {"equal_by_ignoring", checks.equal_by_ignoring},
          {"left_to_baseline", checks.left_to_baseline},
          {"failed_unlisted", checks.failed_unlisted}};
}

json figures(const status& now) {
  const auto& events = now.events;
  return {
      {"events",
       {{"total", events.total},
        {"unique", events.unique},
        {"insert", events.insert},
        {"modify", events.modify},
        {"remove", events.remove},
        {"ttl_remove", events.ttl_remove},
        {"unknown", events.unknown},
        {"per_second", now.events_per_second}}},
      {"checks", checks(now)},
      {"success_rate",
       success_rate(now.success_of_changes ? now.success_of_changes : now.success_at_rest)},
      {"success_rates",
       {{"changes", success_with_keys(now.success_of_changes)},
        {"items_at_rest", success_with_keys(now.success_at_rest)}}},
      {"lag_ms", lag(now)},
      {"mismatches", by_kind(now.mismatches)},
      {"mismatches_unlisted", by_kind(now.unlisted)},
      {"open_keys", open_keys(now)},
      {"mismatch_groups", mismatch_groups(now)},
      {"shards",
       {{"open", now.shards.open}, {"waiting", now.shards.waiting}, {"done", now.shards.done}}},
      {"gaps", gaps(now)},
      {"coverage", coverage(now)},
      {"read_up_to_age_ms", now.unread_for ? json(now.unread_for->count()) : json(nullptr)},
      {"last_write", or_null(now.last_write)},
      {"freeze",
       {{"at", now.freeze_at ? json(format_rfc3339(*now.freeze_at)) : json(nullptr)},
        {"writes_after", now.writes_after_freeze},
        {"ttl_deletes_after", now.ttl_deletes_after_freeze}}},
      {"behind_stream_ms", now.shards.behind ? json(now.shards.behind->count()) : json(nullptr)},
      {"retention_left_s", retention_left(now)},
      {"compared", compared(now)},
      {"consumed",
       {{"source_rcu", now.source_units},
        {"target_rcu", now.target_units},
        {"stream_calls", now.stream_calls},
        {"usd", now.usd},
        {"max_usd", now.max_usd > 0 ? json(now.max_usd) : json(nullptr)}}},
      {"calls",
       {{"source", asked(now.asked_of_tables.source)},
        {"target", asked(now.asked_of_tables.target)},
        {"stream", asked(now.asked_of_stream)}}}};
}

/// What the run works on, and how.
json surroundings(const status& now) {
  return {
      {"tables",
       {{"source", table(now.about.tables.source)}, {"target", table(now.about.tables.target)}}},
      {"stream", stream(now)},
      {"table_settings", table_settings(now)},
      {"settings", settings(now)},
      {"files",
       {{"state", or_null(now.about.state_file)}, {"findings", or_null(now.about.findings_file)}}},
      {"credentials", credentials(now)},
      {"alerts",
       {{"told", now.alerts.told},
        {"failed", now.alerts.failed},
        {"waiting", now.alerts.waiting},
        {"last_failure", or_null(now.alerts.last_failure)}}}};
}

}  // namespace

std::string render_json(const status& now) {
  auto document = standing(now);
  document.update(figures(now));
  document.update(surroundings(now));
  return json_text(document);
}

}  // namespace ddm::report
