#include "repair/repair_step.h"

#include <gtest/gtest.h>

namespace ddm::repair {
namespace {

using dynamodb::conditional_write;
using kind = conditional_write::kind;

const wall_time now = from_ms(1'767'225'600'000);

held_item item(std::string_view json) { return dynamodb::parse_item(json).value(); }

class repair_step : public testing::Test {
 protected:
  rules by_{.schema = {.partition = {"pk", dynamodb::key_type::string}, .sort = {}},
            .ignored = dynamodb::ignore_list({"aws:rep:*", "meta.seen"}),
            .source_ttl_attribute = {},
            .target_ttl_attribute = {}};
};

TEST_F(repair_step, of_equal_items_is_nothing) {
  const auto a = item(R"({"pk":{"S":"a"},"n":{"N":"1.0"}})");
  EXPECT_EQ(plan_step(a, item(R"({"n":{"N":"1"},"pk":{"S":"a"}})"), by_, now).what,
            action::nothing);
  EXPECT_EQ(plan_step({}, {}, by_, now).what, action::nothing);
}

TEST_F(repair_step, of_a_missing_item_is_a_put_that_expects_none) {
  const auto planned = plan_step(item(R"({"pk":{"S":"a"},"v":{"N":"1"}})"), {}, by_, now);
  ASSERT_EQ(planned.what, action::put);
  const auto call = dynamodb::call_for(*planned.write);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->operation, "PutItem");
  EXPECT_EQ(call->members,
            R"x("Item":{"pk":{"S":"a"},"v":{"N":"1"}},"ConditionExpression":)x"
            R"x("attribute_not_exists(#0)","ExpressionAttributeNames":{"#0":"pk"})x");
}

TEST_F(repair_step, of_unequal_items_touches_only_what_differs_and_names_all_that_was_seen) {
  const auto planned = plan_step(
      item(R"({"pk":{"S":"a"},"same":{"S":"x"},"v":{"N":"2"},"new":{"BOOL":true}})"),
      item(R"({"pk":{"S":"a"},"same":{"S":"x"},"v":{"N":"1"},"old":{"NULL":true}})"), by_, now);
  ASSERT_EQ(planned.what, action::change);
  EXPECT_EQ(planned.why, "3 attributes differ: new, old, v");
  EXPECT_EQ(planned.write->set.size(), 2);
  EXPECT_EQ(planned.write->unset, std::vector<std::string>{"old"});
  EXPECT_EQ(planned.write->expected.size(), 4);
  EXPECT_EQ(planned.write->expected_absent, std::vector<std::string>{"new"});
  const auto call = dynamodb::call_for(*planned.write);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->operation, "UpdateItem");
}

TEST_F(repair_step, leaves_ignored_attributes_alone) {
  const auto source = item(R"({"pk":{"S":"a"},"aws:rep:x":{"S":"1"},"v":{"N":"1"},
                               "meta":{"M":{"seen":{"N":"1"},"k":{"N":"1"}}}})");
  const auto target = item(R"({"pk":{"S":"a"},"aws:rep:x":{"S":"2"},"v":{"N":"1"},
                               "meta":{"M":{"seen":{"N":"2"},"k":{"N":"1"}}}})");
  EXPECT_EQ(plan_step(source, target, by_, now).what, action::nothing);
  auto changed = *source;
  changed["v"] = {dynamodb::number_text{"5"}};
  const auto planned = plan_step(changed, target, by_, now);
  ASSERT_EQ(planned.what, action::change);
  EXPECT_EQ(planned.write->set.size(), 1);
  EXPECT_FALSE(planned.write->expected.contains("aws:rep:x"));
}

TEST_F(repair_step, leaves_ignored_members_of_a_map_that_it_changes_as_they_are) {
  const auto source = item(R"({"pk":{"S":"a"},"meta":{"M":{"seen":{"N":"1"},"k":{"N":"2"}}}})");
  const auto target =
      item(R"({"pk":{"S":"a"},"meta":{"M":{"seen":{"N":"9"},"k":{"N":"1"},"old":{"N":"0"}}}})");
  const auto planned = plan_step(source, target, by_, now);
  ASSERT_EQ(planned.what, action::change);
  EXPECT_EQ(dynamodb::to_json(*after(target, *planned.write)),
            R"({"meta":{"M":{"k":{"N":"2"},"seen":{"N":"9"}}},"pk":{"S":"a"}})");
  const auto unseen = item(R"({"pk":{"S":"a"},"meta":{"M":{"k":{"N":"1"}}}})");
  EXPECT_EQ(dynamodb::to_json(*after(unseen, *plan_step(source, unseen, by_, now).write)),
            R"({"meta":{"M":{"k":{"N":"2"}}},"pk":{"S":"a"}})");
}

TEST_F(repair_step, brings_no_ignored_member_along_with_a_map_that_the_target_lacks) {
  const auto source = item(R"({"pk":{"S":"a"},"meta":{"M":{"seen":{"N":"1"},"k":{"N":"2"}}}})");
  by_.ignored = dynamodb::ignore_list({"meta.seen", "meta.in.seen"});
  for (const auto* const lacks :
       {R"({"pk":{"S":"a"}})", R"({"pk":{"S":"a"},"meta":{"S":"no map"}})"}) {
    const auto target = item(lacks);
    const auto write = write_between(target, source, by_);
    ASSERT_TRUE(write);
    EXPECT_EQ(dynamodb::to_json(*after(target, *write)),
              R"({"meta":{"M":{"k":{"N":"2"}}},"pk":{"S":"a"}})");
  }
  const auto deeper =
      item(R"({"pk":{"S":"a"},"meta":{"M":{"in":{"M":{"seen":{"N":"1"},"k":{"N":"2"}}}}}})");
  const auto target = item(R"({"pk":{"S":"a"},"meta":{"M":{"seen":{"N":"9"}}}})");
  EXPECT_EQ(dynamodb::to_json(*after(target, *write_between(target, deeper, by_))),
            R"({"meta":{"M":{"in":{"M":{"k":{"N":"2"}}},"seen":{"N":"9"}}},"pk":{"S":"a"}})");
}

TEST_F(repair_step, compares_what_lies_in_a_list_whatever_is_ignored) {
  by_.ignored = dynamodb::ignore_list({"orders[0].price", "orders.price"});
  const auto source = item(R"({"pk":{"S":"a"},"orders":{"L":[{"M":{"price":{"N":"1"}}}]}})");
  const auto target = item(R"({"pk":{"S":"a"},"orders":{"L":[{"M":{"price":{"N":"2"}}}]}})");
  EXPECT_EQ(plan_step(source, target, by_, now).what, action::change);
}

TEST_F(repair_step, deletes_only_when_that_is_allowed) {
  const auto target = item(R"({"pk":{"S":"a"},"v":{"N":"1"}})");
  EXPECT_EQ(plan_step({}, target, by_, now).what, action::leave);
  by_.allow_deletes = true;
  const auto planned = plan_step({}, target, by_, now);
  ASSERT_EQ(planned.what, action::remove);
  EXPECT_EQ(dynamodb::call_for(*planned.write)->operation, "DeleteItem");
  EXPECT_EQ(dynamodb::to_json(planned.write->expected), dynamodb::to_json(*target));
}

TEST_F(repair_step, leaves_to_the_ttl_service_what_is_past_its_ttl) {
  by_.allow_deletes = true;
  by_.source_ttl_attribute = by_.target_ttl_attribute = "ttl";
  const auto past = item(R"({"pk":{"S":"a"},"ttl":{"N":"1767225599"}})");
  const auto future = item(R"({"pk":{"S":"a"},"ttl":{"N":"1767225700"}})");
  EXPECT_EQ(plan_step({}, past, by_, now).what, action::leave);
  EXPECT_EQ(plan_step(past, {}, by_, now).what, action::leave);
  EXPECT_EQ(plan_step({}, future, by_, now).what, action::remove);
  EXPECT_EQ(plan_step(future, {}, by_, now).what, action::put);
}

TEST_F(repair_step, treats_what_the_ttl_service_never_deletes_as_any_other_item) {
  by_.source_ttl_attribute = by_.target_ttl_attribute = "ttl";
  const auto ancient = item(R"({"pk":{"S":"a"},"ttl":{"N":"1500000000"}})");
  EXPECT_EQ(plan_step(ancient, {}, by_, now).what, action::put);
  by_.allow_deletes = true;
  EXPECT_EQ(plan_step({}, ancient, by_, now).what, action::remove);
}

TEST_F(repair_step, writes_only_where_the_target_holds_what_the_finding_saw) {
  const auto old_value = item(R"({"pk":{"S":"a"},"v":{"N":"1"}})");
  const auto wrong = item(R"({"pk":{"S":"a"},"v":{"N":"9"},"aws:rep:x":{"S":"1"}})");
  const auto newer = item(R"({"pk":{"S":"a"},"v":{"N":"2"}})");
  const auto seen = [&](const held_item& target) {
    verify::mismatch finding;
    finding.ignored = {"aws:rep:*"};
    if (target) {
      finding.target_digest =
          dynamodb::digest_item(dynamodb::to_json(*target), by_.secret, by_.ignored)->compared;
    }
    return seen_by(finding);
  };
  by_.allow_deletes = true;
  const auto what = [&](const held_item& source, const held_item& target, const held_item& was) {
    return plan_repair(source, target, seen(was), by_, now).what;
  };
  EXPECT_EQ(what(old_value, {}, {}), action::put);
  EXPECT_EQ(what(old_value, newer, {}), action::leave) << "it was missing";
  EXPECT_EQ(what(old_value, wrong, wrong), action::change);
  EXPECT_EQ(what(old_value, item(R"({"pk":{"S":"a"},"v":{"N":"9.0"}})"), wrong), action::change)
      << "numbers by value, and without what is ignored";
  EXPECT_EQ(what(old_value, newer, wrong), action::leave) << "it was different";
  EXPECT_EQ(what(old_value, {}, wrong), action::leave) << "and has been deleted since";
  EXPECT_EQ(what({}, wrong, wrong), action::remove);
  EXPECT_EQ(what({}, newer, wrong), action::leave) << "it was undeleted";
  EXPECT_EQ(what(old_value, old_value, wrong), action::nothing);
  const auto left = plan_repair(old_value, newer, seen(wrong), by_, now);
  EXPECT_FALSE(left.write);
  EXPECT_NE(left.why.find("changed since the mismatch was found"), std::string::npos);
}

TEST_F(repair_step, knows_what_a_finding_saw_by_what_its_digests_leave_out) {
  const auto target = item(R"({"pk":{"S":"a"},"v":{"N":"9"},"x":{"N":"1"}})");
  const auto source = item(R"({"pk":{"S":"a"},"v":{"N":"1"}})");
  verify::mismatch finding;
  finding.ignored.emplace();
  finding.digested_without = {"x"};
  finding.target_digest =
      dynamodb::digest_item(dynamodb::to_json(*target), by_.secret, dynamodb::ignore_list({"x"}))
          ->compared;
  EXPECT_EQ(plan_repair(source, target, seen_by(finding), by_, now).what, action::change);
  finding.digested_without.reset();
  EXPECT_EQ(plan_repair(source, target, seen_by(finding), by_, now).what, action::leave);
}

TEST_F(repair_step, does_not_know_what_an_unreadable_finding_saw) {
  verify::mismatch finding;
  finding.kind = verify::mismatch_kind::unreadable;
  const auto planned = plan_repair(item(R"({"pk":{"S":"a"}})"), {}, seen_by(finding), by_, now);
  EXPECT_EQ(planned.what, action::leave);
  EXPECT_NE(planned.why.find("could not be read"), std::string::npos);
}

TEST_F(repair_step, knows_the_item_after_its_write) {
  const auto source = item(R"({"pk":{"S":"a"},"v":{"N":"2"},"new":{"BOOL":true}})");
  for (const auto& target :
       {held_item(), item(R"({"pk":{"S":"a"},"v":{"N":"1"},"old":{"NULL":true}})")}) {
    const auto write = write_between(target, source, by_);
    ASSERT_TRUE(write);
    EXPECT_FALSE(write_between(after(target, *write), source, by_));
    const auto back = write_between(after(target, *write), target, by_);
    ASSERT_TRUE(back);
    EXPECT_FALSE(write_between(after(source, *back), target, by_));
  }
}

TEST_F(repair_step, refuses_an_item_with_more_attributes_than_a_condition_can_name) {
  dynamodb::attribute_map wide{{"pk", {std::string("a")}}};
  for (int i = 0; i < 400; ++i) {
    wide[std::to_string(i)] = {dynamodb::number_text{"1"}};
  }
  auto other = wide;
  other["0"] = {dynamodb::number_text{"2"}};
  const auto call = dynamodb::call_for(*write_between(wide, other, by_));
  ASSERT_FALSE(call);
  EXPECT_NE(call.error().message.find("401 attributes"), std::string::npos);
  EXPECT_TRUE(dynamodb::call_for(*write_between({}, other, by_))) << "a put names one";
}

}  // namespace
}  // namespace ddm::repair
