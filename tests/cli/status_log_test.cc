#include "cli/status_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace ddm::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// What is logged while it lives.
class heard_lines {
 public:
  explicit heard_lines(log::format how) {
    log::configure(how, log::level::info);
    log::divert([this](std::string_view line) { lines.emplace_back(line); });
  }
  heard_lines(const heard_lines&) = delete;
  heard_lines& operator=(const heard_lines&) = delete;
  ~heard_lines() {
    log::divert(nullptr);
    log::configure(log::format::text, log::level::info);
  }
  std::vector<std::string> lines;
};

report::status waiting(std::vector<std::string> reasons) {
  report::status now;
  now.about.migration = "orders";
  now.about.command = "monitor";
  now.at = from_ms(1'767'225'600'000);
  now.events.unique = 12;
  now.verdict = {.kind = report::verdict_kind::wait, .reasons = std::move(reasons)};
  return now;
}

TEST(status_log, tells_a_changed_verdict_once) {
  heard_lines heard(log::format::text);
  status_log log(log::format::text, "");
  log.follow(waiting({"3 changes are late"}));
  log.follow(waiting({"4 changes are late"}));
  ASSERT_THAT(heard.lines, SizeIs(1));
  EXPECT_THAT(heard.lines[0], HasSubstr("event=verdict_changed"));
  EXPECT_THAT(heard.lines[0], HasSubstr("before=none"));
  EXPECT_THAT(heard.lines[0], HasSubstr("reasons=\"3 changes are late\""));
  log.follow(waiting({"4 changes are late", "a gap"}));
  EXPECT_THAT(heard.lines, SizeIs(2));
  auto no_go = waiting({"4 changes are late", "a gap"});
  no_go.verdict.kind = report::verdict_kind::no_go;
  log.follow(no_go);
  ASSERT_THAT(heard.lines, SizeIs(3));
  EXPECT_THAT(heard.lines[2], HasSubstr("WARN event=verdict_changed"));
  EXPECT_THAT(heard.lines[2], HasSubstr("before=WAIT"));
}

TEST(status_log, has_lines_of_json_for_machines_alone) {
  heard_lines heard(log::format::text);
  const status_log text(log::format::text, "");
  text.tell(waiting({}));
  text.begin({});
  EXPECT_THAT(heard.lines, IsEmpty());
}

TEST(status_log, tells_figures_as_numbers_and_reasons_as_a_list) {
  heard_lines heard(log::format::json);
  const status_log log(log::format::json, "");
  log.tell(waiting({"a \"quote\"", "b"}));
  ASSERT_THAT(heard.lines, SizeIs(1));
  const auto line = json::parse(heard.lines[0]);
  EXPECT_EQ(line["event"], "status");
  EXPECT_EQ(line["migration"], "orders");
  EXPECT_EQ(line["verdict"], "WAIT");
  EXPECT_EQ(line["reasons"], json({"a \"quote\"", "b"}));
  EXPECT_EQ(line["events_unique"], 12);
  EXPECT_TRUE(line["events_unique"].is_number());
  EXPECT_FALSE(line.contains("_aws"));
}

TEST(status_log, makes_metrics_of_its_own_members_for_cloudwatch) {
  heard_lines heard(log::format::json);
  const status_log log(log::format::json, "Migration");
  log.tell(waiting({"late"}));
  const auto line = json::parse(heard.lines.at(0));
  const auto& aws = line["_aws"];
  EXPECT_EQ(aws["Timestamp"], 1'767'225'600'000);
  const auto& directive = aws["CloudWatchMetrics"].at(0);
  EXPECT_EQ(directive["Namespace"], "Migration");
  EXPECT_EQ(directive["Dimensions"], json::array({json::array({"migration"})}));
  EXPECT_GT(directive["Metrics"].size(), 40U);
  EXPECT_LE(directive["Metrics"].size(), 100U);  // that one directive may have
  for (const auto& metric : directive["Metrics"]) {
    EXPECT_TRUE(line.at(metric["Name"].get<std::string>()).is_number()) << metric;
  }
}

TEST(status_log, tells_what_a_run_works_on) {
  heard_lines heard(log::format::json);
  const status_log log(log::format::json, "");
  log.begin({.migration = "orders",
             .command = "monitor",
             .tables = {.source = {.name = "orders", .table_id = "a-b"}, .target = {}},
             .settings = {{.name = "max-lag", .value = "1m"}}});
  const auto line = json::parse(heard.lines.at(0));
  EXPECT_EQ(line["event"], "started");
  EXPECT_EQ(line["source"]["table_id"], "a-b");
  EXPECT_EQ(line["settings"]["max-lag"], "1m");
}

TEST(words_of, leave_out_whatever_holds_a_digit) {
  EXPECT_EQ(words_of("3 changes are late by 12.5 s"), "# changes are late by # s");
  EXPECT_EQ(words_of("shard shardId-0001-ab is unread"), "shard # is unread");
  EXPECT_EQ(words_of(""), "");
}

}  // namespace
}  // namespace ddm::cli
