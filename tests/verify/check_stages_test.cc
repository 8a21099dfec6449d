// Each stage of a check alone: the timeline at the head of its file.
#include "verify/check_stages.h"

#include "verify/check_driver.h"

#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;

class check_stages : public testing::Test {
 protected:
  check_stages() {
    open.id = 1;
    open.asked.key = key_named("k");
    open.asked.read_at = open.asked.first_unmet_at = open.asked.unmet_created = start;
    open.expected.value = image_of(2);
    open.expected.before = past_image{compared(image_of(1)), start, start};
  }
  [[nodiscard]] check_facts facts(milliseconds after) const {
    return {.settings = settings,
            .behind = behind,
            .reached = {.known = read_up_to, .all = read_up_to},
            .now = start + after,
            .due = start + after};
  }
  [[nodiscard]] static sight saw(int counterpart) {
    return {.counterpart = {image_of(counterpart)}};
  }
  [[nodiscard]] static sight saw_both(int origin, int counterpart) {
    return {.counterpart = {image_of(counterpart)}, .origin = seen{image_of(origin)}};
  }
  /// When the next look is, after the change was read.
  [[nodiscard]] std::optional<milliseconds> again(const next_step& next) const {
    const auto* look = std::get_if<look_again>(&next);
    return look == nullptr ? std::nullopt : std::optional(look->at - start);
  }
  /// Looks stop changing anything when the origin has rested until now.
  void judge_from(milliseconds origin_read_after) {
    open.seen.origin = origin_read{image_of(2), start + origin_read_after};
    open.at = judging{};
  }

  wall_time start = from_ms(1'767'225'600'000);
  check_settings settings = plain_settings();
  behind_detector behind{settings.max_lag, settings.stall_after};
  std::optional<wall_time> read_up_to = start;
  check open;
};

TEST_F(check_stages, probing_goes_on_until_a_probe_or_the_replication_wait_has_measured) {
  open.at = probing{.first_look_at = start + 5s, .left = 4};
  EXPECT_EQ(again(on_look_answered(open, saw(1), facts(500ms))), 1s);
  const auto measured = on_look_answered(open, saw(2), facts(1s));
  EXPECT_EQ(again(measured), 5s) << "what counts is the look at the replication wait";
  EXPECT_TRUE(std::get<look_again>(measured).measured_lag);
  EXPECT_TRUE(open.is_at<looking>());
}

TEST_F(check_stages, probing_ends_after_its_last_age) {
  open.at = probing{.first_look_at = start + 5s, .left = 1};
  EXPECT_EQ(again(on_look_answered(open, saw(1), facts(4s))), 5s);
  EXPECT_TRUE(open.is_at<looking>());
}

TEST_F(check_stages, looking_passes_what_has_arrived_and_rests_what_has_not) {
  auto arrived = open;
  EXPECT_TRUE(std::holds_alternative<passed>(on_look_answered(arrived, saw(2), facts(5s))));
  EXPECT_EQ(again(on_look_answered(open, saw(1), facts(5s))), 5s);
  EXPECT_TRUE(open.is_at<resting>());
  EXPECT_EQ(again(step_resting(open, saw_both(2, 1), facts(5s))), 7s);
  EXPECT_TRUE(open.is_at<looking>());
  EXPECT_EQ(open.seen.origin, (origin_read{image_of(2), start + 5s}));
}

TEST_F(check_stages, looking_is_over_when_the_next_look_came_after_the_judgement) {
  open.seen.origin = origin_read{image_of(2), start + 5s};
  open.seen.retries = 10;
  EXPECT_EQ(again(on_look_answered(open, saw(1), facts(60s))), 70s) << "max-lag and a sixth";
  EXPECT_TRUE(open.is_at<judging>());
}

TEST_F(check_stages, an_unequal_look_at_an_older_question_says_nothing) {
  auto look = saw(1);
  look.current = false;
  EXPECT_EQ(again(on_look_answered(open, look, facts(5s))), 7s);
  EXPECT_FALSE(open.seen.unequal_at);
  look = saw(2);
  look.current = false;
  EXPECT_TRUE(std::holds_alternative<passed>(on_look_answered(open, look, facts(7s))));
}

TEST_F(check_stages, what_may_be_the_state_before_must_hold_for_a_max_lag) {
  open.asked.unproven_before = true;
  EXPECT_EQ(again(on_look_answered(open, saw(2), facts(5s))), 60s);
  EXPECT_EQ(open.asked.first_unmet_at, start + 5s) << "it is met by then";
  EXPECT_TRUE(std::holds_alternative<passed>(on_look_answered(open, saw(2), facts(60s))));
}

TEST_F(check_stages, awaiting_the_stream_passes_nothing_that_is_not_read_past) {
  open.expected = {.is_read = true};
  EXPECT_TRUE(
      std::holds_alternative<await_reading>(on_look_answered(open, saw_both(2, 2), facts(5s))));
  EXPECT_EQ(std::get<awaiting_stream>(open.at).agreed_at, start + 5s);
  read_up_to = start + 4999ms;
  EXPECT_TRUE(
      std::holds_alternative<await_reading>(on_look_answered(open, saw_both(2, 2), facts(6s))));
  read_up_to = start + 6s;
  EXPECT_TRUE(std::holds_alternative<passed>(on_look_answered(open, saw_both(2, 2), facts(7s))));
}

TEST_F(check_stages, awaiting_the_stream_ends_with_a_look_that_differs) {
  open.expected = {.is_read = true};
  open.at = awaiting_stream{.agreed_at = start + 5s};
  ASSERT_TRUE(again(on_look_answered(open, saw_both(2, 1), facts(7s))));
  EXPECT_TRUE(open.is_at<looking>());
  EXPECT_EQ(open.seen.unequal_at, start + 7s);
}

TEST_F(check_stages, judging_confirms_what_it_saw_before_the_stream_was_read_past_that) {
  judge_from(5s);
  EXPECT_EQ(again(on_judgement_answered(open, saw_both(2, 1), facts(75s))), 75s + 60s)
      << "the stream was read up to 75 s ago";
  read_up_to = start + 75s;
  const auto found = on_judgement_answered(open, saw_both(2, 1), facts(76s));
  ASSERT_TRUE(std::holds_alternative<mismatched>(found));
  EXPECT_EQ(std::get<mismatched>(found).counterpart.value, image_of(1));
}

TEST_F(check_stages, judging_begins_anew_with_what_the_counterpart_holds_now) {
  judge_from(5s);
  ASSERT_TRUE(again(on_judgement_answered(open, saw_both(2, 1), facts(75s))));
  read_up_to = start + 75s;
  ASSERT_TRUE(again(on_judgement_answered(open, saw_both(2, 3), facts(76s))));
  EXPECT_EQ(std::get<judging>(open.at).seen->counterpart, image_of(3));
  EXPECT_EQ(std::get<judging>(open.at).seen->at, start + 76s);
}

TEST_F(check_stages, judging_counts_what_stays_from_when_it_was_seen_first) {
  judge_from(5s);
  ASSERT_TRUE(again(on_judgement_answered(open, saw_both(2, 1), facts(75s))));
  ASSERT_TRUE(again(on_judgement_answered(open, saw_both(2, 1), facts(90s))));
  read_up_to = start + 75s;
  EXPECT_TRUE(
      std::holds_alternative<mismatched>(on_judgement_answered(open, saw_both(2, 1), facts(99s))));
}

TEST_F(check_stages, judging_lets_an_origin_that_moved_rest_anew) {
  judge_from(5s);
  EXPECT_EQ(again(on_judgement_answered(open, saw_both(3, 1), facts(75s))), 77s);
  EXPECT_EQ(open.seen.origin, (origin_read{image_of(3), start + 75s}));
  EXPECT_EQ(open.seen.judgements, 1U);
  EXPECT_TRUE(open.is_at<looking>());
}

TEST_F(check_stages, judging_does_not_pass_a_move_that_no_record_has_told) {
  judge_from(5s);
  ASSERT_TRUE(again(on_judgement_answered(open, saw_both(1, 1), facts(75s))));
  read_up_to = start + 75s;
  EXPECT_TRUE(
      std::holds_alternative<passed>(on_judgement_answered(open, saw_both(1, 1), facts(76s))));
}

TEST_F(check_stages, judging_gives_up_a_candidate_that_never_rests_where_no_stream_helps) {
  settings.follows_stream = false;
  open.asked.candidate = 7;
  open.expected = {.is_read = true};
  for (std::uint32_t judgement = 1; judgement < judgements_of_candidate_max; ++judgement) {
    judge_from(5s);
    ASSERT_TRUE(again(on_judgement_answered(open, saw_both(3, 1), facts(75s))));
  }
  judge_from(5s);
  EXPECT_TRUE(
      std::holds_alternative<given_up>(on_judgement_answered(open, saw_both(3, 1), facts(75s))));
}

class restless_stage : public check_stages {
 protected:
  restless_stage() {
    open.asked.unproven_before = true;
    open.asked.read_at = start + 69s;
    open.expected.history = {{compared(image_of(5)), start + 5s, start + 5s},
                             {compared(image_of(6)), start + 68s, start + 68s}};
    open.at = restless{};
  }
};

TEST_F(restless_stage, is_alive_while_the_counterpart_holds_an_image_of_the_last_max_lag) {
  EXPECT_EQ(again(on_judgement_answered(open, saw_both(9, 6), facts(70s))), 75s);
  EXPECT_EQ(open.asked.first_unmet_at, start + 68s);
  EXPECT_TRUE(open.is_at<looking>());
}

TEST_F(restless_stage, confirms_an_image_that_is_too_old_once_read_past_the_look) {
  ASSERT_TRUE(again(on_judgement_answered(open, saw_both(9, 5), facts(70s))));
  EXPECT_EQ(std::get<restless>(open.at).seen->at, start + 70s);
  read_up_to = start + 70s;
  EXPECT_TRUE(
      std::holds_alternative<mismatched>(on_judgement_answered(open, saw_both(9, 7), facts(71s))));
}

TEST_F(restless_stage, is_left_when_not_all_images_are_known) {
  open.expected.history_cut = true;
  EXPECT_EQ(again(on_judgement_answered(open, saw_both(9, 7), facts(70s))), 72s);
  EXPECT_TRUE(open.is_at<looking>());
  EXPECT_EQ(open.seen.retries, 1U);
}

}  // namespace
}  // namespace ddm::verify
