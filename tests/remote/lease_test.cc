#include "remote/lease.h"

#include <gtest/gtest.h>

namespace ddm::remote {
namespace {

using namespace std::chrono_literals;

constexpr lease_times times{.renew_each = 5s, .look_each = 2s, .expiry = 20s, .act_for = 15s};

wall_time at(milliseconds since) { return from_ms(1'000'000) + since; }

call_span asked(milliseconds when, milliseconds took = 0ms) {
  return {.asked = at(when), .answered = at(when + took)};
}

head held(std::string write, std::uint64_t epoch = 7) {
  return {
      .write = std::move(write),
      .epoch = epoch,
      .counter = 4,
      .owner = "other",
      .told = "monitor on host b",
      .copy = copy_root{.epoch = epoch, .number = 9, .taken_at = {}, .bytes = 1, .manifest = {}}};
}

TEST(lease_watch, may_take_what_nobody_has_begun) {
  lease_watch watch(times);
  watch.note(std::nullopt, asked(0s));
  ASSERT_TRUE(watch.may_take());
  const auto taking = watch.taking("w", "me", "here", 500);
  EXPECT_EQ(taking.expected, "");
  EXPECT_EQ(taking.next.epoch, 500U);
  EXPECT_EQ(taking.next.owner, "me");
}

TEST(lease_watch, may_take_at_once_what_was_released) {
  lease_watch watch(times);
  auto released = held("w1");
  released.owner.clear();
  watch.note(released, asked(0s));
  EXPECT_TRUE(watch.may_take());
}

TEST(lease_watch, takes_over_the_copy_under_the_next_epoch) {
  lease_watch watch(times);
  watch.note(held("w1"), asked(0s));
  const auto taking = watch.taking("w2", "me", "here", 500);
  EXPECT_EQ(taking.expected, "w1");
  EXPECT_EQ(taking.next.epoch, 8U);
  EXPECT_EQ(taking.next.counter, 0U);
  EXPECT_EQ(taking.next.copy, held("w1").copy);
}

TEST(lease_watch, may_not_take_what_it_has_seen_once) {
  lease_watch watch(times);
  watch.note(held("w1"), asked(0s, 30s));
  EXPECT_FALSE(watch.may_take());
}

TEST(lease_watch, may_take_what_stands_still_for_the_whole_expiry) {
  lease_watch watch(times);
  watch.note(held("w1"), asked(0s));
  watch.note(held("w1"), asked(19'999ms));
  EXPECT_FALSE(watch.may_take());
  watch.note(held("w1"), asked(20s));
  EXPECT_TRUE(watch.may_take());
}

TEST(lease_watch, counts_from_the_first_answer_to_the_last_question) {
  lease_watch watch(times);
  watch.note(held("w1"), asked(0s, 8s));
  watch.note(held("w1"), asked(21s, 9s));  // answered 30 s after the first question
  EXPECT_FALSE(watch.may_take());
  watch.note(held("w1"), asked(28s));
  EXPECT_TRUE(watch.may_take());
}

TEST(lease_watch, begins_anew_with_each_write) {
  lease_watch watch(times);
  watch.note(held("w1"), asked(0s));
  watch.note(held("w2"), asked(15s));
  watch.note(held("w2"), asked(34s));
  EXPECT_FALSE(watch.may_take());
  watch.note(held("w1"), asked(36s));  // the state was deleted and put back: other writes again
  EXPECT_FALSE(watch.may_take());
}

TEST(lease_watch, that_slept_asks_once_more_before_it_takes) {
  lease_watch watch(times);
  watch.note(held("w1"), asked(0s));
  watch.note(held("w9"), asked(90s));
  EXPECT_FALSE(watch.may_take());
}

lease_hold a_hold() { return lease_hold(held("w1"), at(0s), times); }

TEST(lease_hold, acts_for_less_than_the_expiry_from_when_it_asked) {
  const auto hold = a_hold();
  EXPECT_TRUE(hold.may_act(at(14'999ms)));
  EXPECT_FALSE(hold.may_act(at(15s)));
}

TEST(lease_hold, acts_longer_once_a_renewal_came_through) {
  auto hold = a_hold();
  const auto& write = hold.begin({}, "w2", at(10s));
  EXPECT_EQ(write.expected, "w1");
  EXPECT_EQ(write.next.counter, 5U);
  EXPECT_FALSE(hold.may_act(at(16s)));  // not before it is known
  hold.on_written();
  EXPECT_TRUE(hold.may_act(at(24s)));
  EXPECT_FALSE(hold.may_act(at(25s)));
  EXPECT_EQ(hold.known().write, "w2");
}

TEST(lease_hold, takes_a_write_whose_answer_was_lost_for_its_own) {
  auto hold = a_hold();
  const auto written = hold.begin({}, "w2", at(10s)).next;
  hold.on_read(written);
  EXPECT_FALSE(hold.is_lost());
  EXPECT_FALSE(hold.pending());
  EXPECT_EQ(hold.known().write, "w2");
}

TEST(lease_hold, sends_the_same_write_again_while_the_old_one_stands) {
  auto hold = a_hold();
  hold.begin({}, "w2", at(10s));
  hold.on_read(held("w1"));
  ASSERT_TRUE(hold.pending());
  EXPECT_EQ(hold.pending()->next.write, "w2");
  EXPECT_FALSE(hold.is_lost());
}

TEST(lease_hold, is_lost_for_good_once_another_write_stands_there) {
  auto hold = a_hold();
  hold.begin({}, "w2", at(1s));
  hold.on_read(held("w3", 8));
  EXPECT_TRUE(hold.is_lost());
  EXPECT_FALSE(hold.may_act(at(1s)));
}

TEST(lease_hold, is_lost_when_the_state_was_deleted) {
  auto hold = a_hold();
  hold.begin({}, "w2", at(1s));
  hold.on_read(std::nullopt);
  EXPECT_TRUE(hold.is_lost());
}

TEST(lease_hold, acts_no_more_once_it_begins_to_release) {
  auto hold = a_hold();
  const auto released = hold.begin({.release = true}, "w2", at(1s)).next;
  EXPECT_TRUE(released.owner.empty());
  EXPECT_FALSE(hold.may_act(at(1s)));
  hold.on_written();
  EXPECT_FALSE(hold.may_act(at(1s)));
}

TEST(lease_hold, keeps_the_copy_until_it_has_another_one) {
  auto hold = a_hold();
  EXPECT_EQ(hold.begin({}, "w2", at(1s)).next.copy, held("w1").copy);
  hold.on_written();
  const copy_root newer{.epoch = 7, .number = 10, .taken_at = {}, .bytes = 2, .manifest = {}};
  EXPECT_EQ(hold.begin({.copy = newer}, "w3", at(2s)).next.copy, newer);
}

TEST(lease_hold, begins_an_epoch_of_its_own_accord_with_a_new_counter) {
  auto hold = a_hold();
  const auto& next = hold.begin({.new_epoch = true}, "w2", at(1s)).next;
  EXPECT_EQ(next.epoch, 8U);
  EXPECT_EQ(next.counter, 0U);
  EXPECT_EQ(next.owner, "other");
  EXPECT_EQ(next.copy, held("w1").copy);
}

}  // namespace
}  // namespace ddm::remote
