// Answers to questions that a newer change has overtaken.
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr seconds max_lag{60};

struct in_flight : testing::Test {
  read_request take(milliseconds after) {
    time = run.now + after;
    const auto reads = run.checks.take_due(time, 10);
    EXPECT_THAT(reads, SizeIs(1));
    return reads.empty() ? read_request{} : reads[0];
  }
  void change(int value) {
    run.checks.on_change(record_of("a", value, ++number, time), {.shard_id = "s"}, time, run.out);
  }
  std::uint64_t number = 2'000'000'000'000'000'000;
  check_driver run;
  wall_time time = run.now;
};

TEST_F(in_flight, a_look_that_shows_the_older_image_does_not_pass_the_newer_change) {
  change(1);
  const auto look = take(5s);
  change(2);
  run.checks.on_look(look.id, look.version, {.value = image_of(1)}, time, run.out);
  EXPECT_EQ(run.out.verified, 0);
  EXPECT_EQ(run.checks.size(), 1);
  EXPECT_EQ(take(20s).step, check_step::look);
}

TEST_F(in_flight, a_look_that_shows_the_newer_image_still_waits_out_the_max_lag) {
  change(1);
  const auto look = take(5s);
  change(2);
  run.checks.on_look(look.id, look.version, {.value = image_of(2)}, time, run.out);
  EXPECT_EQ(run.out.verified, 0);
  const auto again = take(5s + max_lag);
  run.checks.on_look(again.id, again.version, {.value = image_of(2)}, time, run.out);
  EXPECT_EQ(run.out.verified, 1);
}

TEST_F(in_flight, a_look_of_which_the_answer_came_long_after_it_proves_nothing_of_then) {
  change(1);
  const auto look = take(5s);
  change(2);
  const auto asked = time;
  const auto late = asked + max_lag + 10s;  // the machine slept
  run.checks.on_look(look.id, look.version, {.value = image_of(2), .asked = asked}, late, run.out);
  EXPECT_EQ(run.out.verified, 0);
  const auto again = take(late + 100ms - run.now);
  run.checks.on_look(again.id, again.version, {.value = image_of(2), .asked = time}, time, run.out);
  EXPECT_EQ(run.out.verified, 1);
}

TEST_F(in_flight, a_strong_read_that_began_before_a_change_is_no_first_read) {
  change(1);
  const auto look = take(5s);
  run.checks.on_look(look.id, look.version, {}, time, run.out);
  const auto strong = take(5s);
  ASSERT_EQ(strong.step, check_step::first_origin);
  change(2);
  run.checks.on_first_origin(strong.id, strong.version, {.value = image_of(1)}, time);
  const auto next = take(10s);
  ASSERT_EQ(next.step, check_step::look);
  run.checks.on_look(next.id, next.version, {}, time, run.out);
  EXPECT_EQ(take(10s).step, check_step::first_origin);
}

TEST_F(in_flight, a_judgement_is_dropped_when_a_change_came_meanwhile) {
  change(1);
  read_request read;
  for (read = take(5s); read.step != check_step::judge; read = take(time - run.now + 20s)) {
    if (read.step == check_step::look) {
      run.checks.on_look(read.id, read.version, {}, time, run.out);
    } else {
      run.checks.on_first_origin(read.id, read.version, {.value = image_of(1)}, time);
    }
  }
  change(2);
  run.checks.on_judged(read.id, read.version, {.value = image_of(1)}, {}, time, run.out);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.checks.size(), 1);
  EXPECT_EQ(take(time - run.now + 20s).step, check_step::look);
}

TEST_F(in_flight, an_answer_to_a_check_that_is_closed_changes_nothing) {
  change(1);
  const auto look = take(5s);
  run.checks.on_look(look.id, look.version, {.value = image_of(1)}, time, run.out);
  EXPECT_EQ(run.out.verified, 1);
  run.checks.on_look(look.id, look.version, {.value = image_of(1)}, time, run.out);
  run.checks.on_judged(look.id, look.version, {}, {}, time, run.out);
  run.checks.on_unanswered(look.id, time);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_EQ(run.checks.size(), 0);
}

}  // namespace
}  // namespace ddm::verify
