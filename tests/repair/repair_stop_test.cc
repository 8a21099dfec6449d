// A stop, whatever is late or hangs.
#include "repair/repairing.h"

namespace ddm::repair {
namespace {

TEST_F(repairing, stops_between_two_items) {
  settings_.lanes = 1;
  for (const auto* name : {"a", "b", "c"}) {
    source_.put(name, 1);
  }
  before_the_write([this] { session_->request_stop(); });
  const auto done = run({"a", "b", "c"});
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->stopped);
  EXPECT_EQ(steps_.size(), 1);
  EXPECT_TRUE(target_.get("a"));
  EXPECT_FALSE(target_.get("b"));
}

TEST_F(repairing, stops_within_seconds_however_small_the_budget) {
  writes_per_second_ = 0.01;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("k" + std::to_string(i));
    source_.put(names.back(), i);
  }
  const auto asked = stop_after(std::chrono::seconds(30));
  const auto done = run(names);
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_LE(time_.now() - asked, std::chrono::seconds(1));
  EXPECT_TRUE(done->stopped);
  EXPECT_EQ(done->puts, 1);
  EXPECT_EQ(done->unequal_afterwards, 0) << "what was written is looked at again";
  EXPECT_EQ(done->failed + done->refused, 0);
  EXPECT_EQ(read_journal(path_)->size(), 1) << "the others were not begun";
}

TEST_F(repairing, stops_with_the_answers_in_flight_whatever_hangs) {
  for (auto* hanging : {&source_, &target_}) {
    source_.fake.plan_faults({});
    target_.fake.plan_faults({});
    source_.put("a", 1);
    hanging->fake.plan_faults(support::fault_on("", {.type = fault::kind::timeout}));
    const auto asked = stop_after(std::chrono::seconds(1));
    const auto done = run({"a", "b", "c"});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_LE(time_.now() - asked, last_answers_time);
    EXPECT_TRUE(done->stopped);
    EXPECT_FALSE(target_.get("a"));
  }
}

TEST_F(repairing, begins_no_write_after_a_stop_however_late_the_answers_are) {
  source_.put("a", 2);
  target_.put("a", 1);
  answer_late(source_, std::chrono::seconds(8));
  answer_late(target_, std::chrono::seconds(8));
  for (const auto wait : {std::chrono::seconds(1), std::chrono::seconds(6), std::chrono::seconds(9),
                          std::chrono::seconds(14)}) {
    const auto asked = stop_after(wait);
    const auto done = run({"a", "b"});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_TRUE(done->stopped);
    EXPECT_LE(time_.now() - asked, last_answers_time) << wait;
    EXPECT_TRUE(read_journal(path_)->empty()) << wait;
  }
  EXPECT_EQ(writes(), 0);
}

TEST_F(repairing, reads_the_source_no_more_after_a_stop) {
  answer_late(target_, std::chrono::seconds(4));
  stop_after(std::chrono::seconds(1));
  ASSERT_TRUE(run({"a"}));
  EXPECT_EQ(source_.fake.statistics().requests, 0);
}

TEST_F(repairing, a_write_that_was_sent_before_a_stop_is_answered_but_not_looked_at_too_late) {
  source_.put("a", 2);
  target_.put("a", 1);
  answer_late(target_, std::chrono::seconds(8), "UpdateItem");
  const auto asked = stop_after(std::chrono::seconds(1));
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_LE(time_.now() - asked, std::chrono::seconds(8));
  EXPECT_EQ(done->changes, 1);
  EXPECT_EQ(done->unequal_afterwards, 1);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::written);
  EXPECT_EQ(target_.fake.statistics().calls_of("GetItem"), 1);
}

TEST_F(repairing, ends_soon_after_a_stop_while_credentials_are_awaited) {
  source_.put("a", 2);
  for (const std::string_view operation : {"GetItem", "PutItem"}) {
    target_.connection.hangs_at = operation;
    const auto asked = stop_after(std::chrono::seconds(1));
    const auto done = run({"a"});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_LE(time_.now() - asked, last_answers_time) << operation;
    EXPECT_TRUE(done->stopped);
  }
  EXPECT_EQ(writes(), 0);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::unsent);
}

TEST_F(repairing, says_of_a_write_that_was_never_sent_that_it_was_not) {
  source_.put("a", 2);
  target_.connection.hangs_at = "PutItem";
  const auto done = run({"a"});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().describe().find("gave nothing"), std::string::npos);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::unsent);
}

TEST_F(repairing, a_write_without_an_answer_may_have_been_made) {
  source_.put("a", 2);
  target_.fake.plan_faults(support::fault_on("PutItem", {.type = fault::kind::timeout}));
  const auto asked = stop_after(std::chrono::seconds(1));
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_LE(time_.now() - asked, std::chrono::seconds(10));
  EXPECT_EQ(done->failed, 1);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::failed);
  ASSERT_TRUE(target_.get("a"));
}

TEST_F(repairing, an_undoing_whose_write_is_never_sent_leaves_no_finding) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  target_.connection.hangs_at = "UpdateItem";
  const auto asked = stop_after(std::chrono::seconds(1));
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_LE(time_.now() - asked, last_answers_time);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  ASSERT_EQ(sides_.size(), 2);
  EXPECT_EQ(sides_[1].said, item_of("a", 2));
}

TEST_F(repairing, an_undoing_begins_no_write_after_a_stop_however_late_the_answers_are) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  const auto before = writes();
  answer_late(source_, std::chrono::seconds(8));
  answer_late(target_, std::chrono::seconds(8));
  for (const auto wait : {std::chrono::seconds(1), std::chrono::seconds(6), std::chrono::seconds(9),
                          std::chrono::seconds(17), std::chrono::seconds(22)}) {
    const auto asked = stop_after(wait);
    const auto undone = undo();
    ASSERT_TRUE(undone) << undone.error().describe();
    EXPECT_TRUE(undone->stopped);
    EXPECT_LE(time_.now() - asked, last_answers_time) << wait;
    EXPECT_THAT(sides_, testing::IsEmpty());
  }
  EXPECT_EQ(writes(), before);
}

TEST_F(repairing, an_undoing_that_is_stopped_before_its_write_tells_what_the_sides_still_hold) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  stop_at_sides_ = true;
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(undone->changes, 0);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  EXPECT_THAT(
      sides_,
      ElementsAre(
          told_sides{moment::before_write, item_of("a", 1), item_of("a", 2), item_of("a", 2)},
          told_sides{moment::after_write, item_of("a", 2), item_of("a", 2), item_of("a", 2)}));
}

TEST_F(repairing, an_undoing_that_is_stopped_counts_what_it_had_no_time_to_look_at) {
  ASSERT_NO_FATAL_FAILURE(repair_a_change());
  before_the_write([this] {
    session_->request_stop();
    answer_late(source_, std::chrono::seconds(9));
  });
  const auto asked = time_.now();
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_LE(time_.now() - asked, last_answers_time);
  EXPECT_EQ(undone->changes, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 1));
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::undone);
  EXPECT_EQ(sides_.size(), 1) << "it is open as it was told before the write";
}

TEST_F(repairing, an_undoing_that_is_stopped_opens_no_finding_that_it_does_not_make_true) {
  settings_.by.allow_deletes = true;
  source_.put("a", 1);
  source_.put("b", 2);
  ASSERT_TRUE(run({"a", "b"}));
  writes_per_second_ = 0.01;
  stop_after(std::chrono::seconds(30));
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_TRUE(undone->stopped);
  EXPECT_FALSE(target_.get("b"));
  EXPECT_TRUE(target_.get("a"));
  for (const auto& told : sides_) {
    EXPECT_THAT(told.source, testing::HasSubstr(R"("b")"));
  }
}

}  // namespace
}  // namespace ddm::repair
