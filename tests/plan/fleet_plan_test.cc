#include "plan/fleet_plan.h"

#include "plan/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <toml++/toml.h>

namespace ddm::plan {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

planned_migration migration(const std::string& name, plan_report report = fine()) {
  return {.name = name, .target_table = name, .report = std::move(report)};
}

plan_report without_target() {
  auto report = fine();
  report.target.table.reset();
  report.target.table_trouble = "target table carts cannot be described";
  return report;
}

TEST(fleet_plan, has_a_row_for_each_and_their_sum) {
  const std::vector all{migration("orders"), migration("carts", without_target())};
  const auto text = render_text(all, "plan --target-table NAME");
  EXPECT_THAT(text, ContainsRegex("  orders +1,000 +400 KiB +2 shards +alike +100 .* ready\n"));
  EXPECT_THAT(text, ContainsRegex("  carts +1,000 +400 KiB +2 shards +\\? .* 1 in the way\n"));
  EXPECT_THAT(
      text, HasSubstr("in all: 2,000 items, 800 KiB; a comparison of each 100 read units and 0.00 "
                      "USD (of the 1 of which it is known); three weeks"));
  EXPECT_THAT(text, HasSubstr("in the way  carts: target table carts cannot be described\n"));
  EXPECT_THAT(text, HasSubstr("1 of 2 have nothing in the way"));
  EXPECT_THAT(text, HasSubstr("of one: plan --target-table NAME\n"));
}

TEST(fleet_plan, tells_once_what_several_have) {
  auto report = fine();
  report.settings.push_back({.name = "pitr", .state = dynamodb::parity::unknown});
  const std::vector all{migration("a", report), migration("b", report), migration("c", report)};
  const auto text = render_text(all, "");
  EXPECT_THAT(text, HasSubstr("unknown     a and 2 more: setting pitr\n"));
  EXPECT_THAT(text, Not(HasSubstr("b: setting pitr")));
  EXPECT_THAT(text, ContainsRegex("  a +.* 1 unknown .* 1 unknown\n"));
}

TEST(fleet_plan, is_a_line_of_json_for_each) {
  const std::vector all{migration("a"), migration("b")};
  const auto lines = render_json(all);
  const auto break_at = lines.find('\n');
  EXPECT_EQ(nlohmann::json::parse(lines.substr(0, break_at))["migration"], "a");
  EXPECT_EQ(nlohmann::json::parse(lines.substr(break_at + 1))["migration"], "b");
  EXPECT_EQ(nlohmann::json::parse(render_json(fine()))["migration"], nullptr);
}

TEST(fleet_plan, writes_a_file_that_says_what_it_was_told) {
  auto odd = migration("table-2", without_target());
  odd.target_table = "-carts";
  odd.report.target.table_trouble = "absent\n[[migration]]\ntarget-table = \"x\"";
  const std::vector<fleet_setting> common{
      {.name = "source-profile", .values = {"a \"b\" \\ \x7f é\n \U000E0041 \\udb40 😀"}},
      {.name = "accept", .values = {"ttl", "index:*"}, .is_list = true}};
  const auto file = toml::parse(fleet_file(common, std::vector{migration("orders"), odd}));
  EXPECT_EQ(file["defaults"]["source-profile"].value<std::string>(),
            "a \"b\" \\ \x7f é\n \U000E0041 \\udb40 😀");
  EXPECT_EQ(file["defaults"]["accept"][1].value<std::string>(), "index:*");
  const auto& migrations = *file["migration"].as_array();
  ASSERT_EQ(migrations.size(), 2);
  EXPECT_EQ(migrations[0].as_table()->size(), 1);
  EXPECT_EQ((*migrations[0].as_table())["target-table"].value<std::string>(), "orders");
  EXPECT_EQ((*migrations[1].as_table())["target-table"].value<std::string>(), "-carts");
  EXPECT_EQ((*migrations[1].as_table())["name"].value<std::string>(), "table-2");
}

}  // namespace
}  // namespace ddm::plan
