#include "verify/look_batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

const wall_time start = from_ms(1'767'225'600'000);

void add(look_batcher& batcher, int reads, check_step step, bool may_wait, wall_time now = start) {
  static check_id id = 0;
  for (int i = 0; i < reads; ++i) {
    batcher.add({.id = ++id, .step = step, .may_wait = may_wait}, now);
  }
}

TEST(look_batcher, first_looks_wait_until_their_batch_is_full) {
  look_batcher batcher(10, 30s);
  add(batcher, 9, check_step::look, true);
  EXPECT_FALSE(batcher.take(start + 29s));
  add(batcher, 1, check_step::look, true, start + 29s);
  const auto batch = batcher.take(start + 29s);
  ASSERT_TRUE(batch);
  EXPECT_THAT(batch->reads, SizeIs(10));
  EXPECT_EQ(batcher.size(), 0);
}

TEST(look_batcher, or_until_the_longest_wait_is_over) {
  look_batcher batcher(100, 30s);
  add(batcher, 3, check_step::look, true);
  EXPECT_FALSE(batcher.take(start + 29'999ms));
  ASSERT_TRUE(batcher.take(start + 30s));
  EXPECT_FALSE(batcher.take(start + 1h)) << "nothing is left";
}

TEST(look_batcher, urgent_reads_go_within_a_moment_and_take_company_along) {
  look_batcher batcher(100, 30s);
  add(batcher, 5, check_step::look, true);
  add(batcher, 1, check_step::look, false);
  EXPECT_FALSE(batcher.take(start));
  const auto batch = batcher.take(start + 20ms);
  ASSERT_TRUE(batch);
  EXPECT_THAT(batch->reads, SizeIs(6));
}

TEST(look_batcher, a_batch_holds_a_hundred_keys_of_one_step_at_most) {
  look_batcher batcher(10'000, 30s);
  add(batcher, 250, check_step::look, true);
  add(batcher, 1, check_step::judge, false);
  const auto later = start + 30s;
  EXPECT_EQ(batcher.take(later)->step, check_step::judge);
  EXPECT_THAT(batcher.take(later)->reads, SizeIs(100));
  EXPECT_THAT(batcher.take(later)->reads, SizeIs(100));
  EXPECT_THAT(batcher.take(later)->reads, SizeIs(50));
  EXPECT_FALSE(batcher.take(later));
}

TEST(look_batcher, judgements_go_before_looks) {
  look_batcher batcher(1, 0s);
  for (const auto step : {check_step::look, check_step::expect_look, check_step::first_origin,
                          check_step::judge, check_step::judge_restless}) {
    add(batcher, 1, step, false);
  }
  for (const auto step : {check_step::judge_restless, check_step::judge, check_step::first_origin,
                          check_step::expect_look, check_step::look}) {
    EXPECT_EQ(batcher.take(start)->step, step);
  }
}

TEST(look_batcher, what_stays_behind_keeps_its_time) {
  look_batcher batcher(100, 30s);
  add(batcher, 100, check_step::look, true);
  add(batcher, 1, check_step::look, true, start + 10s);
  EXPECT_TRUE(batcher.take(start + 10s));
  EXPECT_FALSE(batcher.take(start + 39s));
  EXPECT_TRUE(batcher.take(start + 40s));
}

TEST(look_batcher, a_flush_lets_everything_go) {
  look_batcher batcher(100, 30s);
  add(batcher, 3, check_step::look, true);
  batcher.flush();
  EXPECT_THAT(batcher.take(start)->reads, SizeIs(3));
}

TEST(look_batcher, says_when_a_batch_will_go) {
  look_batcher batcher(10, 30s);
  EXPECT_FALSE(batcher.next_due());
  add(batcher, 1, check_step::look, true);
  EXPECT_EQ(batcher.next_due(), start + 30s);
  add(batcher, 1, check_step::judge, false, start + 1s);
  EXPECT_EQ(batcher.next_due(), start + 1s + 20ms);
  EXPECT_TRUE(batcher.take(*batcher.next_due()));
  EXPECT_EQ(batcher.next_due(), start + 30s);
  add(batcher, 9, check_step::look, true, start + 2s);
  EXPECT_LE(batcher.next_due(), start + 2s) << "full: at once";
  EXPECT_TRUE(batcher.take(start + 2s));
  add(batcher, 1, check_step::look, true, start + 3s);
  batcher.flush();
  EXPECT_LE(batcher.next_due(), start + 3s);
}

}  // namespace
}  // namespace ddm::verify
