#include "repair/repairing.h"

namespace ddm::repair {
namespace {

TEST_F(repairing, is_undone_by_its_journal) {
  settings_.by.allow_deletes = true;
  source_.put("missing", 1);
  source_.put("different", 2);
  target_.fake.put(table, R"({"pk":{"S":"different"},"old":{"SS":["x","y"]},"v":{"N":"1"}})");
  target_.put("unexpected", 3);
  ASSERT_TRUE(run({"missing", "different", "unexpected"}));
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_FALSE(target_.get("missing"));
  EXPECT_EQ(target_.get("different"),
            R"({"old":{"SS":["x","y"]},"pk":{"S":"different"},"v":{"N":"1"}})");
  EXPECT_EQ(target_.get("unexpected"), item_of("unexpected", 3));
  const auto again = undo();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->puts + again->changes + again->removals, 0) << "each entry once";
}

TEST_F(repairing, undo_tells_before_each_write_what_will_be_wrong_and_after_it_what_is) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  ASSERT_TRUE(undo());
  EXPECT_THAT(
      sides_,
      ElementsAre(
          told_sides{moment::before_write, item_of("a", 1), item_of("a", 2), item_of("a", 2)},
          told_sides{moment::after_write, item_of("a", 1), item_of("a", 1), item_of("a", 2)}));
}

TEST_F(repairing, undo_tells_what_somebody_else_made_of_it_meanwhile) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  before_the_write([this] { target_.put("a", 7); });
  const auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->refused, 1);
  EXPECT_THAT(
      sides_,
      ElementsAre(
          told_sides{moment::before_write, item_of("a", 1), item_of("a", 2), item_of("a", 2)},
          told_sides{moment::after_write, item_of("a", 7), item_of("a", 7), item_of("a", 2)}));
}

TEST_F(repairing, undo_writes_nothing_that_could_not_be_told) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  refuse_sides_ = true;
  EXPECT_FALSE(undo());
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
}

TEST_F(repairing, undo_without_apply_tells_no_sides) {
  source_.put("a", 2);
  ASSERT_TRUE(run({"a"}));
  settings_.apply = false;
  settings_.by.allow_deletes = true;
  ASSERT_TRUE(undo());
  EXPECT_THAT(sides_, testing::IsEmpty());
  EXPECT_EQ(steps_.back().planned.why, "entry 1 of the journal would be taken back");
}

TEST_F(repairing, undo_deletes_only_where_that_is_allowed) {
  source_.put("a", 2);
  ASSERT_TRUE(run({"a"}));
  const auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->left, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  EXPECT_THAT(steps_.back().planned.why, testing::HasSubstr("only --allow-deletes"));
  EXPECT_THAT(sides_, testing::IsEmpty());
  settings_.by.allow_deletes = true;
  EXPECT_EQ(undo()->removals, 1);
  EXPECT_FALSE(target_.get("a"));
}

TEST_F(repairing, undo_does_what_its_plan_says_of_a_key_that_was_repaired_twice) {
  source_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  source_.put("a", 2);
  ASSERT_TRUE(run({"a"}));
  settings_.by.allow_deletes = true;
  settings_.apply = false;
  const auto planned = undo();
  settings_.apply = true;
  const auto undone = undo();
  ASSERT_TRUE(planned && undone);
  for (const auto& each : {*planned, *undone}) {
    EXPECT_EQ(each.changes, 1);
    EXPECT_EQ(each.removals, 1);
    EXPECT_EQ(each.left, 0);
  }
  EXPECT_FALSE(target_.get("a"));
}

TEST_F(repairing, undo_leaves_what_was_changed_since) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  target_.put("a", 5);
  const auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->left, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 5));
}

TEST_F(repairing, undo_leaves_what_the_repair_wrote_into_what_is_ignored_now) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  settings_.by.ignored = dynamodb::ignore_list({"v"});
  steps_.clear();
  const auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->left, 1);
  EXPECT_EQ(undone->equal, 0);
  EXPECT_THAT(steps_.front().planned.why, testing::HasSubstr("differs only in ignored attributes"));
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  settings_.by.ignored = {};
  EXPECT_EQ(undo()->changes, 1) << "it is not noted as taken back";
  EXPECT_EQ(target_.get("a"), item_of("a", 1));
}

TEST_F(repairing, undo_leaves_an_item_of_which_it_could_take_back_only_a_part) {
  source_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"2"},"w":{"N":"2"}})");
  target_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"1"},"w":{"N":"1"}})");
  ASSERT_TRUE(run({"a"}));
  const auto repaired = target_.get("a");
  settings_.by.ignored = dynamodb::ignore_list({"w"});
  EXPECT_EQ(undo()->left, 1);
  EXPECT_EQ(target_.get("a"), repaired);
}

TEST_F(repairing, undo_with_the_attributes_that_the_repair_ignored_takes_back_the_rest) {
  settings_.by.ignored = dynamodb::ignore_list({"w"});
  source_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"2"},"w":{"N":"2"}})");
  target_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"1"},"w":{"N":"1"}})");
  ASSERT_TRUE(run({"a"}));
  target_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"2"},"w":{"N":"9"}})");
  EXPECT_EQ(undo()->changes, 1);
  EXPECT_EQ(target_.get("a"), R"({"pk":{"S":"a"},"v":{"N":"1"},"w":{"N":"9"}})");
}

TEST_F(repairing, undo_counts_and_tells_what_the_journal_could_not_note) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  steps_.clear();
  std::optional<disk_of_bytes> full;
  before_the_write([&] { full.emplace(content().size() + 5); });
  const auto undone = undo();
  full.reset();
  ASSERT_FALSE(undone);
  EXPECT_THAT(undone.error().message, testing::StartsWith("the write was made; the journal could"));
  EXPECT_EQ(so_far_.changes, 1);
  EXPECT_EQ(steps_.size(), 1);
  EXPECT_EQ(sides_.back().when, moment::after_write);
}

TEST_F(repairing, undo_refuses_another_table) {
  source_.put("a", 2);
  ASSERT_TRUE(run({"a"}));
  settings_.target_identity = "arn:other";
  const auto undone = undo();
  ASSERT_FALSE(undone);
  EXPECT_NE(undone.error().message.find("arn:other"), std::string::npos);
  EXPECT_TRUE(target_.get("a"));
}

TEST_F(repairing, undo_looks_for_writes_to_another_table_before_it_writes) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  settings_.target_identity = "arn:other";
  source_.put("b", 2);
  target_.put("b", 1);
  ASSERT_TRUE(run({"b"}));
  const auto undone = undo();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind, error_class::wrong_usage);
  EXPECT_NE(undone.error().message.find("arn:target"), std::string::npos);
  EXPECT_EQ(target_.get("b"), item_of("b", 2)) << "the newest entry is this table's";
}

TEST_F(repairing, undo_tells_of_a_line_that_cannot_be_read_and_takes_back_the_rest) {
  for (const auto* name : {"a", "b", "c"}) {
    source_.put(name, 2);
    target_.put(name, 1);
  }
  settings_.lanes = 1;
  ASSERT_TRUE(run({"a", "b", "c"}));
  std::string text = content();
  text[text.find("before", text.find(R"("id":2)"))] = '\xff';
  write(text);
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(undone->changes, 2);
  EXPECT_EQ(undone->left, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 1));
  EXPECT_EQ(target_.get("b"), item_of("b", 2));
  EXPECT_THAT(steps_[3].planned.why, testing::StartsWith("line 3 of the journal cannot be read"));
}

TEST_F(repairing, undo_leaves_what_is_damaged_within_its_items) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  std::string text = content();
  text.replace(text.find(R"({"N":"1"})"), 9, R"({"N":"?"})");
  write(text);
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(undone->left, 1);
  EXPECT_THAT(steps_.back().planned.why, testing::HasSubstr("entry 1"));
}

}  // namespace
}  // namespace ddm::repair
