#include "plan/plan_report.h"

#include "plan/facts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ddm::plan {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(plan, that_finds_nothing_in_the_way_ends_with_0) {
  EXPECT_THAT(fine().obstacles(), IsEmpty());
  EXPECT_THAT(fine().unknowns(), IsEmpty());
  EXPECT_EQ(fine().exit_code(), 0);
  EXPECT_THAT(render_text(fine()), HasSubstr("nothing is in the way"));
}

TEST(plan, no_line_begins_with_what_somebody_else_wrote) {
  auto report = fine();
  const std::string foreign = "x\n\nResult\n               nothing is in the way";
  for (auto* side : {&report.source, &report.target}) {
    side->access = side->identity.emplace(foreign);
    side->table->table.name = side->table->table.arn = side->table->table.status_text = foreign;
    side->table->table.schema.partition.name = foreign;
    side->table->kms_key_arn = foreign;
  }
  report.stream_arn = report.stream.view_type = report.stream_trouble = foreign;
  report.permissions[0].state = grant::denied;
  report.permissions[0].message = foreign;
  report.settings = {{.name = foreign, .source = foreign, .target = foreign}};
  const auto text = render_text(report);
  EXPECT_EQ(text.find("\nResult\n"), text.rfind("\nResult\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\n               nothing is in the way")));
}

TEST(plan, names_each_obstacle) {
  auto report = fine();
  report.permissions[0].state = grant::denied;
  report.settings.push_back({.name = "index:a",
                             .source = "global",
                             .target = "none",
                             .state = dynamodb::parity::different});
  report.target.table->table.schema.partition.name = "id";
  EXPECT_THAT(report.obstacles(),
              ElementsAre(HasSubstr("key schemas differ: source pk (S), target id (S)"),
                          HasSubstr("dynamodb:Scan is not granted"), HasSubstr("index:a differs")));
  EXPECT_EQ(report.exit_code(), 1);
}

TEST(plan, never_takes_what_is_unknown_for_fine) {
  auto report = fine();
  report.target.identity.reset();
  report.settings.push_back(
      {.name = "pitr", .source = std::nullopt, .target = "on", .state = dynamodb::parity::unknown});
  EXPECT_THAT(report.unknowns(), ElementsAre("identity of the target", "setting pitr"));
  EXPECT_EQ(report.exit_code(), 3);
}

TEST(plan, of_a_missing_target_still_tells_the_rest) {
  auto report = fine();
  report.target.table.reset();
  report.target.table_trouble = "target table orders does not exist";
  EXPECT_EQ(report.exit_code(), 1);
  EXPECT_FALSE(report.comparing());
  EXPECT_TRUE(report.monitoring());
  EXPECT_THAT(render_text(report), HasSubstr("ReadStream"));
}

TEST(plan, is_one_json_object) {
  const auto out = json::parse(render_json(fine()));
  EXPECT_EQ(out["schema"], 1);
  EXPECT_EQ(out["command"], "plan");
  EXPECT_EQ(out["cost"]["compare"]["source_rcu"], 50);
  EXPECT_EQ(out["cost"]["compare"]["seconds"], 5);
  EXPECT_EQ(out["source"]["table"]["items"], 1000);
  EXPECT_EQ(out["policies"].size(), 3);
  auto report = fine();
  report.wanted.push_back(purpose::repair);
  EXPECT_EQ(json::parse(render_json(report))["policies"].size(), 4);
}

}  // namespace
}  // namespace ddm::plan
