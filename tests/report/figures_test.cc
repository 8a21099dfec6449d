#include "report/figures.h"

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
