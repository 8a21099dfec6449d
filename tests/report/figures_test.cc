#include "report/figures.h"

#include "report/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::map<std::string, figure> by_name(const status& now) {
  std::map<std::string, figure> named;
  for (const auto& each : figures_of(now)) {
    EXPECT_TRUE(named.emplace(each.name, each).second) << each.name << " comes twice";
  }
  return named;
}

/// Everything is known, and next to no number is another one too.
status known() {
  status now;
  now.at = from_ms(1'767'225'600'000);
  now.about.stream.emplace();
  now.events = {.total = 90,
                .unique = 88,
                .insert = 40,
                .modify = 30,
                .remove = 17,
                .ttl_remove = 5,
                .unknown = 1};
  now.events_per_second = 12.5;
  now.checks = {.sampled = 70,
                .verified = 50,
                .superseded = 2,
                .deferred = 3,
                .failed = 9,
                .healed = 4,
                .left_to_baseline = 6};
  now.pending = 8;
  now.keys_checked = 55;
  now.keys_changed = 60;
  now.mismatches.open = {1, 2, 3, 4, 5, 6, 7};
  now.success_of_changes = success_of(343, {.all = 3, .wrong = 3});
  now.success_at_rest = success_of(100, {.all = 50, .wrong = 50});
  for (int i = 1; i <= 100; ++i) {
    now.lag.add(i * 1s, false);
  }
  now.shards = {.open = 3, .waiting = 2, .done = 1, .behind = 1500ms, .retention_left = 20h};
  now.unread_for = 12s;
  now.compared = compare::comparison_view{.progress = {.segments = 8,
                                                       .segments_done = 4,
                                                       .candidates = 12,
                                                       .candidates_closed = 9,
                                                       .candidates_unequal = 5},
                                          .seen = {.equal = 80}};
  now.asked_of_tables = {.source = {.operations = {{"Scan", 20, 2, 1}}, .pauses = 3},
                         .target = {.operations = {{"Scan", 30, 6, 5}}, .pauses = 4}};
  now.asked_of_stream = {.operations = {{"GetRecords", 40, 8, 7}}, .pauses = 9};
  now.source_units = 1.5;
  now.target_units = 2.5;
  now.stream_calls = 77;
  now.usd = 0.25;
  return now;
}

/// "events_total" of {"events": {"total": 1}}.
void take_numbers(const json& from, const std::string& path, std::map<std::string, double>& into) {
  for (const auto& [name, value] : from.items()) {
    if (value.is_object()) {
      take_numbers(value, path + name + "_", into);
    } else if (value.is_number()) {
      into[path + name] = value.get<double>();
    }
  }
}

TEST(figures, are_the_numbers_of_the_report_by_their_paths) {
  const auto now = known();
  std::map<std::string, double> left_out;
  take_numbers(json::parse(render_json(now)), "", left_out);
  std::vector<std::string> in_no_report;
  for (const auto& [name, figure] : by_name(now)) {
    if (const auto told = left_out.extract(name)) {
      EXPECT_EQ(figure.value, told.mapped()) << name;
    } else {
      in_no_report.push_back(name);
    }
  }
  EXPECT_THAT(in_no_report, testing::ElementsAre("gaps_open", "go", "go_sampled",
                                                 "mismatches_unlisted_all", "no_go"));
  std::vector<std::string> of_these;
  for (const auto& [name, value] : left_out) {
    for (const auto* part : {"events_", "checks_", "mismatches_", "success_rate_", "lag_ms_",
                             "shards_", "consumed_", "compared_", "calls_"}) {
      if (name.starts_with(part) && !name.starts_with("mismatches_unlisted_") &&
          !name.contains("_operations_")) {
        of_these.push_back(name);
      }
    }
  }
  EXPECT_THAT(
      of_these,
      testing::ElementsAre(
          "checks_deletes", "checks_equal_by_ignoring", "checks_failed_unlisted",
          "compared_attempts", "compared_bytes", "compared_candidates",
          "compared_candidates_changed", "compared_candidates_equal", "compared_candidates_twice",
          "compared_equal", "compared_equal_by_ignoring", "compared_look_up_rcu",
          "compared_restless", "compared_sample_rate", "compared_source_items",
          "compared_source_scan_rcu", "compared_target_items", "compared_target_scan_rcu",
          "lag_ms_count", "lag_ms_upper_bounds", "success_rate_confidence", "success_rate_high"));
}

TEST(figures, leave_out_what_is_not_known) {
  status now;
  auto figures = by_name(now);
  for (const auto* name : {"success_rate_value", "lag_ms_p50", "lag_ms_max", "read_up_to_age_ms",
                           "behind_stream_ms", "retention_left_s", "compared_items"}) {
    EXPECT_FALSE(figures.contains(name)) << name;
  }
  now.about.stream.emplace();
  now.unread_for = 12s;
  now.shards = {.open = 3, .waiting = 2, .done = 1, .behind = 1500ms, .retention_left = 20h};
  now.lag.add(4s, false);
  now.compared.emplace().progress.segments = 8;
  figures = by_name(now);
  EXPECT_EQ(figures.at("read_up_to_age_ms").value, 12'000);
  EXPECT_EQ(figures.at("shards_open").value, 3);
  EXPECT_EQ(figures.at("shards_waiting").value, 2);
  EXPECT_EQ(figures.at("shards_done").value, 1);
  EXPECT_EQ(figures.at("behind_stream_ms").value, 1500);
  EXPECT_EQ(figures.at("retention_left_s").value, 20 * 3600);
  EXPECT_EQ(figures.at("lag_ms_max").value, 4000);
  EXPECT_EQ(figures.at("compared_segments_total").value, 8);
  EXPECT_LT(figures.size(), 100U);
}

TEST(figures, tell_one_verdict) {
  status now;
  const auto told = [&now](verdict_kind kind) {
    now.verdict.kind = kind;
    const auto figures = by_name(now);
    return std::vector{figures.at("go").value, figures.at("go_sampled").value,
                       figures.at("no_go").value};
  };
  using testing::ElementsAre;
  EXPECT_THAT(told(verdict_kind::go), ElementsAre(1, 0, 0));
  EXPECT_THAT(told(verdict_kind::go_sampled), ElementsAre(0, 1, 0));
  EXPECT_THAT(told(verdict_kind::no_go), ElementsAre(0, 0, 1));
  EXPECT_THAT(told(verdict_kind::wait), ElementsAre(0, 0, 0));
}

TEST(figures, become_metrics_of_a_line_by_their_names_and_units) {
  const auto directive =
      json::parse(emf_directive("Migration", from_ms(1'767'225'600'000),
                                {{.name = "go", .value = 1, .unit = "None"},
                                 {.name = "lag_ms_p50", .value = 4000, .unit = "Milliseconds"}}));
  EXPECT_EQ(directive["Timestamp"], 1'767'225'600'000);
  const auto& metrics = directive["CloudWatchMetrics"].at(0);
  EXPECT_EQ(metrics["Namespace"], "Migration");
  EXPECT_EQ(metrics["Dimensions"], json::parse(R"([["migration"]])"));
  EXPECT_EQ(metrics["Metrics"], json::parse(R"([{"Name": "go", "Unit": "None"},
                                                {"Name": "lag_ms_p50", "Unit": "Milliseconds"}])"));
}

}  // namespace
}  // namespace ddm::report
