#include "repair/repairing.h"

namespace ddm::repair {
namespace {

TEST_F(repairing, leaves_an_item_that_is_too_large_to_be_read_and_goes_on) {
  source_.fake.put(table, R"({"pk":{"S":"a"},"v":{"S":")" + std::string(3000, 'x') + R"("}})");
  source_.put("b", 2);
  source_.fake.limit_answers(2000);
  const auto summary = run({"a", "b"});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->left, 1);
  EXPECT_EQ(summary->puts, 1);
  EXPECT_TRUE(std::ranges::any_of(steps_, [](const step_report& step) {
    return step.planned.why.contains("the answer is larger than");
  }));
  EXPECT_EQ(target_.get("b"), item_of("b", 2));
}

TEST_F(repairing, counts_and_tells_a_write_that_the_journal_could_not_note) {
  source_.put("a", 2);
  target_.put("a", 1);
  std::optional<disk_of_bytes> full;
  before_the_write([&] { full.emplace(content().size() + 5); });
  const auto done = run({"a"});
  full.reset();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, testing::StartsWith("the write was made; the journal could"));
  EXPECT_EQ(so_far_.changes, 1);
  ASSERT_EQ(steps_.size(), 1);
  EXPECT_EQ(steps_.front().ended, outcome::written);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  EXPECT_TRUE(may_stand(read_journal(path_)->front().ended)) << "it can be undone";
}

TEST_F(repairing, leaves_alone_what_the_journal_could_not_give_back) {
  source_.put("a", 2);
  target_.fake.put(table, R"({"pk":{"S":"a"},"v":{"S":"small"}})");
  target_.connection.swells = "small";
  found_with_["a"] =
      R"({"pk":{"S":"a"},"v":{"S":")" + std::string(dynamodb::line_bytes_max, 'x') + R"("}})";
  source_.put("b", 2);
  const auto done = run({"a", "b"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->left, 1);
  EXPECT_EQ(done->puts, 1);
  EXPECT_EQ(read_journal(path_)->size(), 1);
}

TEST_F(repairing, makes_the_tables_equal) {
  settings_.by.allow_deletes = true;
  source_.put("missing", 1);
  source_.put("different", 2);
  target_.put("different", 1);
  target_.put("unexpected", 3);
  source_.put("healed", 4);
  target_.put("healed", 4);
  const auto done = run({"missing", "different", "unexpected", "healed", "gone"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->puts, 1);
  EXPECT_EQ(done->changes, 1);
  EXPECT_EQ(done->removals, 1);
  EXPECT_EQ(done->equal, 2);
  EXPECT_EQ(done->unequal_afterwards, 0);
  EXPECT_EQ(target_.get("missing"), item_of("missing", 1));
  EXPECT_EQ(target_.get("different"), item_of("different", 2));
  EXPECT_FALSE(target_.get("unexpected"));
  EXPECT_EQ(equal_.size(), 5);
}

TEST_F(repairing, without_apply_writes_nothing) {
  settings_.apply = false;
  settings_.by.allow_deletes = true;
  source_.put("missing", 1);
  target_.put("unexpected", 3);
  const auto planned = run({"missing", "unexpected"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->puts + planned->removals, 2);
  EXPECT_FALSE(target_.get("missing"));
  EXPECT_TRUE(target_.get("unexpected"));
  EXPECT_TRUE(read_journal(path_)->empty());
}

TEST_F(repairing, never_overwrites_what_was_written_in_between) {
  source_.put("a", 2);
  target_.put("a", 1);
  before_the_write([this] { target_.put("a", 7); });
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->refused, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 7));
  EXPECT_EQ(done->unequal_afterwards, 1);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::refused);
}

TEST_F(repairing, leaves_what_the_application_has_written_since_the_mismatch_was_found) {
  settings_.by.allow_deletes = true;
  found_with_ = {{"missing", std::nullopt},
                 {"different", item_of("different", 1)},
                 {"undeleted", item_of("undeleted", 1)}};
  source_.put("missing", 2);
  source_.put("different", 2);
  for (const auto* name : {"missing", "different", "undeleted"}) {
    target_.put(name, 7);
  }
  const auto done = run({"missing", "different", "undeleted"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->left, 3);
  EXPECT_TRUE(read_journal(path_)->empty());
  for (const auto* name : {"missing", "different", "undeleted"}) {
    EXPECT_EQ(target_.get(name), item_of(name, 7));
  }
}

TEST_F(repairing, never_puts_over_an_item_that_has_just_arrived) {
  source_.put("a", 2);
  before_the_write([this] { target_.put("a", 2); });
  const auto done = run({"a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  EXPECT_EQ(done->unequal_afterwards, 0);
}

TEST_F(repairing, never_deletes_what_has_changed_in_between) {
  settings_.by.allow_deletes = true;
  target_.put("a", 1);
  before_the_write([this] { target_.put("a", 9); });
  const auto done = run({"a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->refused, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 9));
}

TEST_F(repairing, keeps_an_attribute_that_appeared_in_between) {
  source_.put("a", 2);
  target_.put("a", 1);
  before_the_write(
      [this] { target_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"1"},"theirs":{"S":"x"}})"); });
  ASSERT_TRUE(run({"a"}));
  EXPECT_NE(target_.get("a")->find("theirs"), std::string::npos);
}

TEST_F(repairing, takes_its_own_write_for_done_when_the_answer_was_lost) {
  source_.put("a", 2);
  target_.put("a", 1);
  target_.fake.plan_faults(support::fault_on("UpdateItem", {.type = fault::kind::lost_answer}, 1));
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->changes, 1);
  EXPECT_EQ(done->refused, 0);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::written);
}

TEST_F(repairing, waits_for_a_replicator_before_it_calls_an_item_unequal) {
  source_.put("a", 2);
  target_.put("a", 1);
  before_the_write([this] {
    source_.put("a", 3);
    target_.put("a", 3);
  });
  const auto done = run({"a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->unequal_afterwards, 0);
  EXPECT_THAT(equal_, ElementsAre(key_of("a")));
}

TEST_F(repairing, keeps_to_its_write_budget) {
  writes_per_second_ = 10;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("k" + std::to_string(i));
    source_.put(names.back(), i);
  }
  const auto begin = time_.now();
  ASSERT_TRUE(run(names));
  EXPECT_GE(time_.now() - begin, std::chrono::seconds(9));
  EXPECT_LE(time_.now() - begin, std::chrono::seconds(13));
}

TEST_F(repairing, ends_at_the_first_missing_permission_and_says_which) {
  source_.put("a", 2);
  source_.put("b", 2);
  target_.fake.plan_faults(support::fault_on("PutItem", {.type = fault::kind::access_denied}));
  const auto done = run({"a", "b"});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().describe().find("PutItem"), std::string::npos);
}

TEST_F(repairing, knows_what_was_done_when_it_fails_in_the_middle) {
  settings_.lanes = 1;
  source_.put("a", 2);
  target_.put("a", 1);
  source_.put("b", 2);
  target_.fake.plan_faults(support::fault_on("PutItem", {.type = fault::kind::access_denied}));
  ASSERT_FALSE(run({"a", "b"}));
  EXPECT_EQ(so_far_.changes, 1);
  EXPECT_EQ(so_far_.puts, 0);
  EXPECT_EQ(so_far_.unequal_afterwards, 1) << "it was not looked at again";
  EXPECT_TRUE(so_far_.stopped);
}

TEST_F(repairing, asks_before_each_write_once_the_journal_has_it) {
  settings_.lanes = 1;
  source_.put("a", 2);
  source_.put("b", 2);
  std::vector<std::size_t> noted;
  may_write_ = [&] {
    EXPECT_EQ(writes(), noted.size());
    noted.push_back(read_journal(path_)->size());
    return result<void>{};
  };
  ASSERT_TRUE(run({"a", "b"}));
  EXPECT_THAT(noted, ElementsAre(1, 2));
  EXPECT_EQ(writes(), 2);
}

TEST_F(repairing, writes_nothing_more_once_it_may_not) {
  settings_.lanes = 1;
  source_.put("a", 2);
  source_.put("b", 2);
  source_.put("c", 2);
  may_write_ = [asked = 0]() mutable -> result<void> {
    ++asked;
    return asked == 2 ? fatal("the state is lost") : result<void>{};
  };
  const auto done = run({"a", "b", "c"});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().describe().find("the state is lost"), std::string::npos);
  EXPECT_EQ(writes(), 1);
  EXPECT_FALSE(target_.get("b"));
  EXPECT_EQ(so_far_.puts, 1);
  // What was never sent is nothing to take back.
  may_write_ = nullptr;
  settings_.by.allow_deletes = true;
  ASSERT_TRUE(undo());
  EXPECT_FALSE(target_.get("a"));
  EXPECT_EQ(writes(), 2);
}

TEST_F(repairing, uses_no_item_of_another_key) {
  source_.put("a", 2);
  target_.put("a", 1);
  for (auto* side : {&source_, &target_}) {
    side->fake.plan_faults(support::fault_on("GetItem", {.type = fault::kind::other_keys}));
    const auto done = run({"a"});
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().describe().find("another key"), std::string::npos);
    EXPECT_EQ(target_.get("a"), item_of("a", 1));
    side->fake.plan_faults({});
  }
}

}  // namespace
}  // namespace ddm::repair
