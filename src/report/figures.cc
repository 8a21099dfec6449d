#include "report/figures.h"

#include "base/foreign_json.h"
#include "report/verdict.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace ddm::report {
namespace {

constexpr std::string_view count = "Count";
constexpr std::string_view ms = "Milliseconds";
constexpr std::string_view seconds = "Seconds";
constexpr std::string_view none = "None";

class collected {
 public:
  template <class Number>
  void add(std::string name, Number value, std::string_view unit) {
    list_.push_back({.name = std::move(name), .value = static_cast<double>(value), .unit = unit});
  }
  void add(std::string name, const std::optional<milliseconds>& value) {
    if (value) {
      add(std::move(name), value->count(), ms);
    }
  }
  [[nodiscard]] std::vector<figure> take() { return std::move(list_); }

 private:
  std::vector<figure> list_;
};

void add_events_and_checks(collected& to, const status& now) {
  const auto& events = now.events;
  to.add("events_total", events.total, count);
  to.add("events_unique", events.unique, count);
  to.add("events_insert", events.insert, count);
  to.add("events_modify", events.modify, count);
  to.add("events_remove", events.remove, count);
  to.add("events_ttl_remove", events.ttl_remove, count);
  to.add("events_unknown", events.unknown, count);
  to.add("events_per_second", now.events_per_second, "Count/Second");
  const auto& checks = now.checks;
  to.add("checks_sampled", checks.sampled, count);
  to.add("checks_verified", checks.verified, count);
  to.add("checks_superseded", checks.superseded, count);
  to.add("checks_pending", now.pending, count);
  to.add("checks_deferred", checks.deferred, count);
  to.add("checks_failed", checks.failed, count);
  to.add("checks_healed", checks.healed, count);
  to.add("checks_left_to_baseline", checks.left_to_baseline, count);
  to.add("checks_keys", now.keys_checked, count);
  to.add("checks_keys_changed", now.keys_changed, count);
}

void add_findings(collected& to, const status& now) {
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    to.add(fmt::format("mismatches_{}", verify::mismatch_kind_names.at(i)),
           now.mismatches.open.at(i), count);
  }
  to.add("mismatches_unlisted_all", now.unlisted.all(), count);
  to.add("open_keys_all", now.mismatches.all(), count);
  to.add("gaps_open", uncured_gaps(now.gaps), count);
  if (const auto& rate = now.success_of_changes ? now.success_of_changes : now.success_at_rest) {
    to.add("success_rate_value", rate->rate.value, none);
    to.add("success_rate_low", rate->rate.low, none);
  }
}

void add_lag_and_stream(collected& to, const status& now) {
  to.add("lag_ms_p50", now.lag.percentile(0.50));
  to.add("lag_ms_p95", now.lag.percentile(0.95));
  to.add("lag_ms_p99", now.lag.percentile(0.99));
  if (now.lag.count() > 0) {
    to.add("lag_ms_max", now.lag.max());
  }
  if (!now.about.stream) {
    return;
  }
  to.add("shards_open", now.shards.open, count);
  to.add("shards_waiting", now.shards.waiting, count);
  to.add("shards_done", now.shards.done, count);
  to.add("read_up_to_age_ms", now.unread_for);
  to.add("behind_stream_ms", now.shards.behind);
  if (now.shards.behind) {
    to.add("retention_left_s",
           std::chrono::duration_cast<std::chrono::seconds>(now.shards.retention_left).count(),
           seconds);
  }
}

void add_comparison(collected& to, const status& now) {
  if (!now.compared) {
    return;
  }
  const auto& progress = now.compared->progress;
  to.add("compared_items", now.compared->keys(), count);
  to.add("compared_segments_done", progress.segments_done, count);
  to.add("compared_segments_total", progress.pairs(), count);
  to.add("compared_candidates_open", progress.candidates_open(), count);
  to.add("compared_candidates_unequal", progress.candidates_unequal, count);
}

void add_calls(collected& to, std::string_view of, const call_counts& calls) {
  const auto total = calls.total();
  to.add(fmt::format("calls_{}_calls", of), total.calls, count);
  to.add(fmt::format("calls_{}_retries", of), total.retries, count);
  to.add(fmt::format("calls_{}_throttled", of), total.throttled, count);
  to.add(fmt::format("calls_{}_pauses", of), calls.pauses, count);
}

void add_price(collected& to, const status& now) {
  to.add("consumed_source_rcu", now.source_units, count);
  to.add("consumed_target_rcu", now.target_units, count);
  to.add("consumed_stream_calls", now.stream_calls, count);
  to.add("consumed_usd", now.usd, none);
  add_calls(to, "source", now.asked_of_tables.source);
  add_calls(to, "target", now.asked_of_tables.target);
  add_calls(to, "stream", now.asked_of_stream);
}

}  // namespace

std::vector<figure> figures_of(const status& now) {
  collected found;
  using enum verdict_kind;
  found.add("go", now.verdict.kind == go ? 1 : 0, none);
  found.add("go_sampled", now.verdict.kind == go_sampled ? 1 : 0, none);
  found.add("no_go", now.verdict.kind == no_go ? 1 : 0, none);
  add_events_and_checks(found, now);
  add_findings(found, now);
  add_lag_and_stream(found, now);
  add_comparison(found, now);
  add_price(found, now);
  return found.take();
}

std::string number_text(double value) { return nlohmann::json(value).dump(); }

std::string emf_directive(std::string_view name_space, wall_time at,
                          const std::vector<figure>& figures) {
  auto metrics = nlohmann::ordered_json::array();
  for (const auto& each : figures) {
    metrics.push_back({{"Name", each.name}, {"Unit", each.unit}});
  }
  const nlohmann::ordered_json by_migration = nlohmann::ordered_json::array({"migration"});
  const nlohmann::ordered_json directive{
      {"Timestamp", to_ms(at)},
      {"CloudWatchMetrics", nlohmann::ordered_json::array(
                                {{{"Namespace", name_space},
                                  {"Dimensions", nlohmann::ordered_json::array({by_migration})},
                                  {"Metrics", std::move(metrics)}}})}};
  return json_text(directive);
}

}  // namespace ddm::report
