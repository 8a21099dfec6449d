// Keys that a comparison of the tables found unequal: judged as changes are, but no changes.
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

state::candidate_row row_of(std::int64_t id, const std::string& key, bool source_held = true) {
  const auto named = key_named(key);
  return {.id = id,
          .command = "compare",
          .key_hash = named.hash.bytes(),
          .key_json = named.json,
          .source_held = source_held};
}

check_settings without_stream() {
  auto settings = plain_settings();
  settings.follows_stream = false;
  return settings;
}

TEST(candidates, equal_at_the_first_look_are_done_with) {
  check_driver run;
  run.origin["a"] = 1;
  run.counterpart["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  EXPECT_EQ(run.checks.candidates(), 1U);
  run.run_for(1s);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
  EXPECT_EQ(run.out.candidates_equal, 1);
  EXPECT_EQ(run.out.verified, 0) << "it is no change";
  EXPECT_EQ(run.checks.size(), 0U);
}

TEST(candidates, unequal_are_confirmed_one_max_lag_later_and_count_as_no_change) {
  check_driver run;
  run.origin["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(59s);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_THAT(run.out.candidates_closed, IsEmpty());
  run.run_for(15s);
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_EQ(run.out.confirmed[0].candidate, 7);
  EXPECT_TRUE(run.out.confirmed[0].delete_seen);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
}

TEST(candidates, what_only_the_target_ever_showed_was_not_deleted_as_far_as_is_known) {
  check_driver run;
  run.counterpart["a"] = 1;
  run.checks.on_candidate(row_of(7, "a", false), run.now, run.out);
  run.run_for(75s);
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_FALSE(run.out.confirmed[0].delete_seen);
}

TEST(candidates, that_arrive_within_the_max_lag_are_no_mismatch) {
  check_driver run;
  run.origin["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.after(30s, [&] { run.counterpart["a"] = 1; });
  run.run_for(75s);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.out.candidates_equal, 1);
}

TEST(candidates, are_answered_by_a_change_of_their_key) {
  check_driver run;
  run.origin["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(1s);
  run.write_replicated("a", 2, 1s);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
  EXPECT_EQ(run.checks.candidates(), 0U);
  EXPECT_EQ(run.checks.size(), 1U) << "the change has a check of its own now";
  run.run_for(70s);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_EQ(run.out.superseded, 0);
  EXPECT_EQ(run.out.candidates_equal, 0);
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(candidates, of_a_key_that_is_being_checked_are_answered_by_that) {
  check_driver run;
  run.write("a", 2);
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
  EXPECT_EQ(run.checks.size(), 1U);
}

TEST(candidates, of_a_key_whose_newest_change_was_lost_are_judged_by_what_the_tables_hold) {
  check_driver run;
  run.write("a", 0);    // the delete has arrived
  run.origin["a"] = 1;  // the insert after it lies in a gap, and has not
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
  run.run_for(75s);
  EXPECT_EQ(run.out.verified, 0);
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_FALSE(run.out.confirmed[0].counterpart.value);
}

TEST(candidates, do_not_pass_a_change_that_was_undone_before_it_arrived) {
  check_driver run;
  run.write("a", 1);
  run.run_for(2s);
  run.stream_is_read = false;
  run.write_unread("a", 0);
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(8s);
  EXPECT_EQ(run.out.verified, 0) << "absent as before anything has arrived";
  run.read_records();
  run.stream_is_read = true;
  run.run_for(8s);
  EXPECT_EQ(run.out.verified, 0);
  run.counterpart["a"] = 1;  // the insert arrives, the delete never does
  run.run_for(150s);
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_TRUE(run.out.confirmed[0].delete_seen);
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(candidates, do_not_pass_an_old_change_by_the_doing_of_one_that_is_not_read_yet) {
  check_driver run;
  run.write("a", 1);  // never arrives
  run.run_for(70s);
  run.stream_is_read = false;
  run.write_unread("a", 0);
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(100s);
  EXPECT_EQ(run.out.verified, 0) << "absent by the doing of the delete";
  run.read_records();
  run.stream_is_read = true;
  run.run_for(8s);
  EXPECT_EQ(run.out.verified, 0);
  run.counterpart["a"] = 1;
  run.run_for(150s);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(candidates, are_not_answered_by_what_a_check_has_seen_before_them) {
  check_driver run(plain_settings(), view::keys_only);
  run.stream_is_read = false;
  run.write_replicated("a", 1, 1s);
  run.run_for(10s);  // seen alike, while the stream is not read
  run.counterpart["a"] = 9;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.stream_is_read = true;
  run.run_for(80s);
  EXPECT_EQ(run.out.verified, 0);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(candidates, in_thousands_do_not_pass_for_replication_that_is_behind) {
  check_driver run;
  for (int i = 0; i < 2000; ++i) {
    const auto key = "k" + std::to_string(i);
    run.origin[key] = 1;
    run.checks.on_candidate(row_of(i + 1, key), run.now, run.out);
  }
  run.run_for(75s);
  EXPECT_FALSE(run.checks.behind().behind());
  EXPECT_THAT(run.out.confirmed, SizeIs(2000));
}

TEST(candidates, are_not_written_to_the_state_as_checks) {
  check_driver run;
  run.origin["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(5s);
  std::vector<state::check_row> rows;
  std::vector<std::int64_t> closed;
  run.checks.take_dirty(rows, closed);
  EXPECT_THAT(rows, IsEmpty()) << "their own row stays until they have an outcome";
  run.run_for(75s);
  run.checks.take_dirty(rows, closed);
  EXPECT_THAT(closed, IsEmpty());
}

TEST(candidates, whose_key_is_being_checked_are_kept_with_that_check) {
  check_driver run;
  run.write("a", 1);
  std::vector<state::check_row> rows;
  std::vector<std::int64_t> closed;
  run.checks.take_dirty(rows, closed);
  EXPECT_THAT(rows, SizeIs(1));
  rows.clear();
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.checks.take_dirty(rows, closed);
  EXPECT_THAT(rows, SizeIs(1)) << "a process that takes over answers the comparison too";
}

TEST(candidates, whose_target_changed_between_the_looks_have_a_max_lag_more) {
  check_driver run;
  run.counterpart["a"] = 1;  // absent in the origin
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.after(40s, [&] { run.counterpart["a"] = 2; });
  run.run_for(75s);
  EXPECT_THAT(run.out.confirmed, IsEmpty())
      << "something arrives that no look has seen in the origin";
  run.run_for(60s);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(candidates, whose_target_never_rests_are_given_up_too) {
  check_driver run(without_stream());
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  for (int second = 0; second < 600 && run.checks.size() > 0; ++second) {
    run.counterpart["a"] = second + 2;
    run.run_for(1s);
  }
  EXPECT_EQ(run.out.candidates_restless, 1);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(candidates, beside_a_stream_are_confirmed_only_when_that_was_read_past_their_judgement) {
  check_driver run;
  run.origin["a"] = 1;
  run.stream_is_read = false;
  run.checks.set_read_up_to({run.now, run.now});
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(5min);
  EXPECT_THAT(run.out.confirmed, IsEmpty()) << "the origin may have moved and come back meanwhile";
  run.stream_is_read = true;
  run.run_for(60s);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(candidates, without_a_stream_have_none_to_wait_for) {
  check_driver run(without_stream());
  run.origin["a"] = 1;
  run.stream_is_read = false;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  run.run_for(75s);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(candidates, whose_key_is_being_checked_are_answered_only_by_what_the_origin_held_since) {
  for (const bool change_came_first : {true, false}) {
    check_driver run;
    run.counterpart["a"] = 1;
    run.origin["a"] = 2;  // lost long ago; nobody heard of it
    if (change_came_first) {
      run.write("a", 3);
    }
    run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
    if (!change_came_first) {
      run.write("a", 3);
    }
    EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
    EXPECT_EQ(run.checks.answering_comparison(), 1);
    run.run_for(20s);
    EXPECT_EQ(run.checks.answering_comparison(), 1) << "the target still has the value from before";
    run.write_replicated("a", 4, 2s);
    run.run_for(50s);
    EXPECT_EQ(run.checks.answering_comparison(), 0) << "it has what the origin held since";
  }
}

/// A comparison asks of an item that differs, and that changes each second from then on.
void ask_of_moving_item(check_driver& run, std::chrono::seconds moving) {
  run.counterpart["a"] = 999'999;
  run.origin["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  for (int second = 0; second < moving.count(); ++second) {
    run.origin["a"] = second + 2;
    run.run_for(1s);
  }
}

TEST(candidates, that_never_rest_stay_beside_a_stream_and_are_judged_once_they_rest) {
  for (const bool right_in_the_end : {true, false}) {
    check_driver run;
    ask_of_moving_item(run, 600s);
    EXPECT_EQ(run.checks.size(), 1U);
    EXPECT_EQ(run.checks.restless_candidates(), 1);
    EXPECT_LE(run.reads(check_step::judge), 12) << "one judgement a max-lag";
    EXPECT_THAT(run.out.candidates_closed, IsEmpty());
    run.counterpart["a"] = right_in_the_end ? 601 : 999'999;
    run.run_for(4min);
    EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
    EXPECT_EQ(run.out.candidates_equal, right_in_the_end ? 1 : 0);
    EXPECT_THAT(run.out.confirmed, SizeIs(right_in_the_end ? 0 : 1));
    EXPECT_EQ(run.checks.restless_candidates(), 0);
  }
}

/// How often the tables moved beneath the comparison tells nothing of the change.
TEST(candidates, that_never_rest_do_so_no_longer_once_a_change_of_theirs_is_read) {
  check_driver run;
  ask_of_moving_item(run, 600s);
  ASSERT_EQ(run.checks.restless_checks(), 1);
  run.write("a", 1000);
  EXPECT_EQ(run.checks.size(), 1U);
  EXPECT_EQ(run.checks.restless_checks(), 0);
}

/// Its own looks, not those of the candidate, are what a change waits for ever longer.
TEST(candidates, that_were_looked_at_for_long_leave_a_change_of_their_key_no_longer_wait) {
  check_driver run;
  ask_of_moving_item(run, 110s);
  run.write_replicated("a", 1000, 8s);
  EXPECT_LE(run.run_until_judged(2min), plain_settings().max_lag);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(candidates, that_never_rest_are_given_up_and_said_so) {
  check_driver run(without_stream());
  run.counterpart["a"] = 999'999;
  run.origin["a"] = 1;
  run.checks.on_candidate(row_of(7, "a"), run.now, run.out);
  for (int second = 0; second < 600 && run.checks.size() > 0; ++second) {
    run.origin["a"] = second + 2;
    run.run_for(1s);
  }
  EXPECT_EQ(run.checks.size(), 0U);
  EXPECT_EQ(run.out.candidates_restless, 1);
  EXPECT_THAT(run.out.candidates_closed, ElementsAre(7));
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

}  // namespace
}  // namespace ddm::verify
