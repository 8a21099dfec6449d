// Keys that never give two equal strong reads a max-lag apart.
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr seconds max_lag{60};

/// Writes `key` ten times a second, with ever new values.
void write_hot(check_driver& run, const std::string& key, seconds duration, milliseconds lag,
               int first_value = 1) {
  for (int i = 0; i < duration.count() * 10; ++i) {
    run.write_replicated(key, first_value + i, lag);
    run.run_for(100ms);
  }
}

TEST(restless_keys, a_key_written_ten_times_a_second_raises_no_alarm_while_it_is_replicated) {
  check_driver run;
  write_hot(run, "hot", 300s, 1500ms);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.checks.size(), 1);
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_EQ(run.out.superseded, 2999);
}

TEST(restless_keys, a_key_written_for_a_minute_and_replicated_ends_verified) {
  check_driver run;
  write_hot(run, "hot", 60s, 40s);
  run.run_until_judged(10min);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.out.verified, 1);
}

TEST(restless_keys, a_key_that_is_not_replicated_is_confirmed_while_it_is_still_written) {
  check_driver run;
  run.origin["hot"] = run.counterpart["hot"] = 1'000'000;
  const auto start = run.now;
  for (int value = 1; run.out.confirmed.empty() && value < 1200; ++value) {
    run.write("hot", value);
    run.run_for(100ms);
  }
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_GE(run.now - start, max_lag);
  EXPECT_LE(run.now - start, max_lag + 20s);
  EXPECT_EQ(run.out.confirmed[0].first_seen, start);
  EXPECT_TRUE(run.out.confirmed[0].counterpart_is_earlier_image);
}

TEST(restless_keys, a_key_whose_replication_dies_is_confirmed_a_max_lag_later) {
  check_driver run;
  write_hot(run, "hot", 200s, 1s);
  const auto died = run.now;
  for (int value = 10'000; run.out.confirmed.empty() && value < 12'000; ++value) {
    run.write("hot", value);
    run.run_for(100ms);
  }
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_GE(run.now - died, max_lag - 2s);
  EXPECT_LE(run.now - died, max_lag + 20s);
}

TEST(restless_keys, an_image_that_never_was_is_confirmed) {
  check_driver run;
  run.origin["hot"] = 1'000'000;
  run.counterpart["hot"] = 31'415;
  for (int value = 1; run.out.confirmed.empty() && value < 1200; ++value) {
    run.write("hot", value);
    run.run_for(100ms);
  }
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_FALSE(run.out.confirmed[0].counterpart_is_earlier_image);
}

TEST(restless_keys, a_target_ahead_of_our_reading_is_no_mismatch) {
  check_driver run;
  run.stream_is_read = false;
  for (int value = 1; value < 3000; ++value) {
    run.write_unread("hot", value);
    run.after(300ms, [&run, value] { run.counterpart["hot"] = value; });
    if (value % 40 == 0) {
      run.read_records();  // every 4 s
      run.checks.set_read_up_to({run.now, run.now});
    }
    run.run_for(100ms);
  }
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(restless_keys, are_judged_by_what_was_seen_when_the_stream_has_been_read_past_that_look) {
  check_driver run;
  run.stream_is_read = false;
  run.counterpart["hot"] = 31'415;
  for (int value = 1; value < 800; ++value) {
    run.write("hot", value);
    run.run_for(100ms);
  }
  ASSERT_GT(run.reads(check_step::judge_restless), 0);
  run.checks.set_read_up_to({run.now, run.now});
  run.write_unread("hot", 1000);
  run.write_unread("hot", 1001);
  run.counterpart["hot"] = 1000;  // in time, and not read yet
  run.run_for(90s);
  ASSERT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_TRUE(same(run.out.confirmed[0].counterpart.value, image_of(31'415)));
}

TEST(restless_keys, are_not_judged_by_images_after_a_gap) {
  check_driver run;
  run.write("k", 1);
  run.run_for(1s);
  run.checks.on_gap();  // the change to 2 was in it
  run.origin["k"] = run.counterpart["k"] = 2;
  run.now += 24h;
  run.write("k", 3);
  run.after(40s, [&run] { run.counterpart["k"] = 3; });
  run.run_until_judged(5min);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.out.verified, 1);
}

TEST(restless_keys, are_judged_as_resting_once_they_rest_and_reading_goes_on) {
  check_driver run;
  run.stream_is_read = false;
  for (int value = 1; value < 1000; ++value) {
    run.write("hot", value);
    run.run_for(100ms);
  }
  EXPECT_THAT(run.out.confirmed, IsEmpty()) << "the stream was never read past the look";
  run.run_until_judged(10min);
  EXPECT_THAT(run.out.confirmed, IsEmpty()) << "nor past the judgement";
  run.stream_is_read = true;
  run.run_until_judged(2min);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(restless_keys, a_new_change_never_delays_the_look_that_is_due) {
  check_driver run;
  run.write("hot", 1);
  const auto due = run.now + 5s;
  run.now = due;
  run.write("hot", 2);
  EXPECT_THAT(run.checks.take_due(due, 10), SizeIs(1));
}

TEST(restless_keys, many_of_them_are_not_taken_for_a_replication_that_is_behind) {
  check_driver run;
  constexpr int keys = 300;
  for (int round = 1; round < 100; ++round) {
    for (int i = 0; i < keys; ++i) {
      run.write_replicated("k" + std::to_string(i), round, 700ms);
    }
    run.run_for(4s);
    ASSERT_FALSE(run.checks.behind().behind()) << "in round " << round;
  }
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, keys);
}

TEST(restless_keys, switches_that_flip_to_and_fro_are_not_either) {
  check_driver run;
  constexpr int keys = 150;
  for (int round = 1; round < 150; ++round) {
    for (int i = 0; i < keys; ++i) {
      run.write_replicated("k" + std::to_string(i), 1 + round % 2, 700ms);
    }
    run.run_for(2s);
    ASSERT_FALSE(run.checks.behind().behind()) << "in round " << round;
  }
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(restless_keys, are_left_alone_where_records_carry_no_images) {
  check_driver run(plain_settings(), view::keys_only);
  write_hot(run, "hot", 180s, 1500ms);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(restless_keys, an_image_that_was_not_seen_forbids_the_judgement_by_images) {
  check_driver run;
  std::uint64_t number = 3'000'000'000'000'000'000;
  for (int value = 1; value < 1500; ++value) {
    dynamodb::change_record record{.sequence = *sequence_number::parse(std::to_string(++number)),
                                   .kind = dynamodb::event_kind::modify,
                                   .created = run.now,
                                   .chosen = true,
                                   .key = key_named("hot"),
                                   .new_image = image_of(value)};
    if (value % 2 == 0) {
      record.new_image.reset();
      record.unreadable = true;
    }
    run.origin["hot"] = value;
    run.checks.on_change(std::move(record), {.shard_id = "s"}, run.now, run.out);
    run.counterpart["hot"] = value - value % 2;  // always one that was not seen
    run.run_for(100ms);
  }
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(restless_keys, beyond_the_history_bound_a_key_is_known_to_be_unjudgeable_and_late) {
  check_driver run;
  run.origin["hot"] = run.counterpart["hot"] = 1'000'000;
  int value = 1;
  for (const auto end = run.now + 3min; run.now < end;) {
    for (int i = 0; i < 5; ++i) {
      run.write("hot", value++);  // a hundred a second: more than the images that are kept
    }
    run.run_for(50ms);
    if (run.now - (end - 3min) == 2min) {
      EXPECT_EQ(run.checks.later_than(run.now - max_lag).unjudgeable, 1);
    }
  }
  EXPECT_THAT(run.out.confirmed, IsEmpty())
      << "of its images of the last max-lag not all are known";
  const auto late = run.checks.later_than(run.now - max_lag);
  EXPECT_EQ(late.unjudgeable, 1);
  EXPECT_EQ(late.unmet, 0);
  run.run_until_judged(5min);
  EXPECT_THAT(run.out.confirmed, SizeIs(1)) << "once it rests";
}

TEST(restless_keys, without_images_a_key_is_late_from_its_first_unmet_change_on) {
  check_driver run(plain_settings(), view::keys_only);
  for (int i = 1; i <= 1200; ++i) {
    run.write("hot", i);
    run.run_for(100ms);
  }
  EXPECT_EQ(run.checks.later_than(run.now - max_lag).unjudgeable, 1);
  EXPECT_EQ(run.checks.later_than(run.now - 3min), late_checks{});
}

TEST(restless_keys, a_key_that_is_replicated_is_not_late) {
  check_driver run;
  write_hot(run, "hot", 200s, 2s);
  EXPECT_EQ(run.checks.later_than(run.now - max_lag - 5s), late_checks{});
}

}  // namespace
}  // namespace ddm::verify
