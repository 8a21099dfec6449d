#include "verify/pending_checks.h"

#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr seconds max_lag{60};

TEST(pending_checks, looks_once_the_replication_wait_is_over_and_passes_an_equal_item) {
  check_driver run;
  run.write_replicated("a", 1, 1s);
  run.run_for(4'900ms);
  EXPECT_EQ(run.reads(check_step::look), 0);
  run.run_for(200ms);
  EXPECT_EQ(run.reads(check_step::look), 1);
  EXPECT_EQ(run.out.verified, 1);
  ASSERT_THAT(run.out.passed, SizeIs(1));
  EXPECT_EQ(run.out.passed[0].hash, key_named("a").hash);
  EXPECT_EQ(run.checks.size(), 0);
  EXPECT_EQ(run.checks.bytes(), 0);
}

TEST(pending_checks, counts_the_replication_wait_from_the_creation_of_a_change) {
  check_driver run;
  run.write_unread("a", 1);
  run.counterpart["a"] = 1;
  run.run_for(4s);
  run.read_records();
  run.run_for(1'900ms);
  EXPECT_EQ(run.out.verified, 0) << "creation times are cut to the second";
  run.run_for(200ms);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, are_written_again_only_when_a_look_has_told_something_to_keep) {
  check_driver run;
  std::vector<state::check_row> rows;
  std::vector<std::int64_t> closed;
  run.write("a", 1);
  int looks = 0;
  while (run.checks.size() > 0) {
    const auto origin_reads = run.reads(check_step::first_origin);
    rows.clear();
    run.checks.take_dirty(rows, closed);
    rows.clear();
    run.run_for(1s);
    run.checks.take_dirty(rows, closed);
    const bool origin_was_read = run.reads(check_step::first_origin) > origin_reads;
    ASSERT_EQ(rows.size(), origin_was_read ? 1U : 0U) << "after look " << looks;
    looks = run.reads(check_step::look);
  }
  EXPECT_GT(looks, 2);
  EXPECT_EQ(run.reads(check_step::first_origin), 1) << "what it held then is kept";
}

TEST(pending_checks, know_whether_any_is_open_up_to_a_number) {
  check_driver run;
  EXPECT_FALSE(run.checks.has_open_up_to(1'000'000));
  run.write("a", 1);
  EXPECT_TRUE(run.checks.has_open_up_to(1'000'000));
  EXPECT_FALSE(run.checks.has_open_up_to(0));
}

TEST(pending_checks, passes_a_delete_that_arrived) {
  check_driver run;
  run.origin["a"] = run.counterpart["a"] = 1;
  run.write_replicated("a", 0, 1s);
  run.run_for(6s);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, looks_again_at_doubling_pauses_until_a_late_change_arrives) {
  check_driver run;
  run.write_replicated("a", 1, 40s);
  run.run_for(39s);
  EXPECT_EQ(run.out.verified, 0);
  EXPECT_THAT(run.reads(check_step::look), testing::AllOf(testing::Ge(4), testing::Le(6)));
  EXPECT_EQ(run.reads(check_step::first_origin), 1);
  run.run_for(40s);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(pending_checks, asks_again_without_any_judgement_when_a_read_failed) {
  check_driver run;
  run.write("a", 1);
  auto time = run.now + 5s;
  for (int i = 0; i < 1000; ++i) {
    const auto reads = run.checks.take_due(time, 10);
    ASSERT_THAT(reads, SizeIs(1));
    EXPECT_EQ(reads[0].step, check_step::look);
    run.checks.on_unanswered(reads[0].id, time + 30s);
    EXPECT_THAT(run.checks.take_due(time + 29s, 10), IsEmpty());
    time += 30s;
  }
  EXPECT_EQ(run.checks.size(), 1);
}

TEST(pending_checks, hands_out_no_more_reads_than_wanted_and_each_only_once) {
  check_driver run;
  for (int i = 0; i < 10; ++i) {
    run.write("k" + std::to_string(i), 1);
  }
  const auto due = run.now + 5s;
  EXPECT_THAT(run.checks.take_due(due, 4), SizeIs(4));
  EXPECT_THAT(run.checks.take_due(due, 100), SizeIs(6));
  EXPECT_THAT(run.checks.take_due(due + 1h, 100), IsEmpty());
}

TEST(pending_checks, only_the_first_look_may_wait_for_a_full_batch) {
  check_driver run;
  run.write("a", 1);
  auto reads = run.checks.take_due(run.now + 5s, 10);
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_TRUE(reads[0].may_wait);
  run.checks.on_look(reads[0].id, reads[0].version, {}, run.now + 5s, run.out);
  reads = run.checks.take_due(run.now + 5s, 10);
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].step, check_step::first_origin);
  EXPECT_FALSE(reads[0].may_wait);
}

TEST(pending_checks, counts_what_is_equal_only_thanks_to_ignored_attributes) {
  check_driver run;
  run.write("a", 1);
  const auto reads = run.checks.take_due(run.now + 5s, 10);
  ASSERT_THAT(reads, SizeIs(1));
  auto held = image_of(1);
  held->everything = {7, 7};
  run.checks.on_look(reads[0].id, reads[0].version, {.value = held}, run.now + 5s, run.out);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_EQ(run.out.equal_by_ignoring, 1);
}

TEST(pending_checks, know_whether_one_is_open_that_is_as_old_as_another) {
  check_driver run;
  run.write("a", 1);
  const auto first = run.checks.highest_id();
  EXPECT_TRUE(run.checks.has_open_up_to(first));
  run.write_replicated("b", 1, 1s);
  run.counterpart["a"] = 1;
  run.run_for(10s);
  run.write("c", 1);
  EXPECT_FALSE(run.checks.has_open_up_to(first));
  EXPECT_TRUE(run.checks.has_open_up_to(run.checks.highest_id()));
}

TEST(pending_checks, hastens_first_looks_when_nothing_more_will_come) {
  check_driver run;
  run.write_replicated("a", 1, 0ms);
  run.run_for(1s);
  run.checks.hasten(run.now);
  run.run_for(50ms);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, an_insert_that_was_deleted_again_must_stay_absent_for_a_max_lag) {
  check_driver run;
  run.write("a", 1);
  run.run_for(1s);
  run.write("a", 0);
  EXPECT_EQ(run.out.superseded, 1);
  run.run_for(max_lag - 100ms);
  EXPECT_EQ(run.out.verified, 0);
  run.run_for(200ms);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, finds_the_lost_delete_of_an_item_that_arrived_after_the_first_looks) {
  check_driver run;
  run.write_replicated("a", 1, 30s);
  run.run_for(1s);
  run.write("a", 0);
  run.run_until_judged(5min);
  ASSERT_NE(run.confirmed("a"), nullptr);
  EXPECT_TRUE(run.confirmed("a")->delete_seen);
  EXPECT_EQ(run.out.verified, 0);
}

TEST(pending_checks, a_value_that_was_changed_back_must_hold_for_a_max_lag) {
  check_driver run;
  run.origin["a"] = run.counterpart["a"] = 1;
  run.write("a", 2);
  run.write("a", 1);
  run.run_for(max_lag - 100ms);
  EXPECT_EQ(run.out.verified, 0);
  run.run_for(200ms);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_EQ(run.out.superseded, 1);
}

TEST(pending_checks, a_change_of_a_key_with_an_open_mismatch_must_hold_for_a_max_lag) {
  check_driver run;
  run.mismatch_open = true;
  run.origin["a"] = run.counterpart["a"] = 1;
  run.write("a", 2);
  run.run_until_judged(5min);
  ASSERT_NE(run.confirmed("a"), nullptr);
  run.write("a", 1);  // what the counterpart holds still; 2 is on its way
  run.after(20s, [&run] { run.counterpart["a"] = 2; });
  run.run_for(19s);
  EXPECT_EQ(run.out.verified, 0);
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, 0);
  EXPECT_THAT(run.out.confirmed, SizeIs(2)) << "the last change was lost";
}

TEST(pending_checks, a_newer_change_takes_the_place_of_the_older_one) {
  check_driver run;
  run.write("a", 1);
  run.run_for(2s);
  run.write_replicated("a", 2, 1s);
  EXPECT_EQ(run.checks.size(), 1);
  EXPECT_EQ(run.out.superseded, 1);
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(pending_checks, confirms_a_lost_change_when_a_max_lag_has_passed_and_a_sixth_of_it) {
  check_driver run;
  const auto start = run.now;
  run.write("a", 1);
  run.run_for(max_lag + 10s - 100ms);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  run.run_for(1300ms);  // and the stream has been read past the judgement
  const auto* found = run.confirmed("a");
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(same(found->origin.value, image_of(1)));
  EXPECT_FALSE(found->counterpart.value);
  EXPECT_EQ(found->first_seen, start);
  EXPECT_EQ(found->shard_id, "shard-1");
  EXPECT_FALSE(found->sequence.empty());
  EXPECT_EQ(run.reads(check_step::judge), 2);
  EXPECT_EQ(run.checks.size(), 0);
}

TEST(pending_checks, passes_what_arrives_at_the_last_moment) {
  check_driver run;
  run.write_replicated("a", 1, 69s);
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(pending_checks, does_not_judge_while_the_origin_moves_between_the_strong_reads) {
  check_driver run;
  run.write("a", 1);
  for (int value = 2; value < 6; ++value) {
    run.after(value * 30s, [&run, value] { run.origin["a"] = value; });
  }
  run.run_for(150s + max_lag - 1s);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  run.run_until_judged(5min);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(pending_checks, a_record_read_after_the_first_strong_read_starts_the_judgement_anew) {
  check_driver run;
  run.write("a", 1);
  run.run_for(50s);
  run.write("a", 1'000);
  run.origin["a"] = 1;  // changed back meanwhile, its record is still to come
  run.run_for(max_lag);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  run.run_until_judged(5min);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(pending_checks, a_target_ahead_of_our_reading_is_no_mismatch) {
  check_driver run;
  run.write("a", 1);
  run.write_unread("a", 2);
  run.counterpart["a"] = 2;
  run.run_for(30min);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, tells_an_earlier_image_from_one_never_seen) {
  check_driver run;
  run.origin = run.counterpart = {{"stale", 1}, {"staler", 1}, {"altered", 1}};
  run.write("stale", 2);
  run.write("staler", 2);
  run.write("staler", 3);
  run.write("altered", 2);
  run.counterpart["staler"] = 2;
  run.counterpart["altered"] = 77;
  run.run_until_judged(5min);
  ASSERT_THAT(run.out.confirmed, SizeIs(3));
  EXPECT_TRUE(run.confirmed("stale")->counterpart_is_earlier_image);
  EXPECT_TRUE(run.confirmed("staler")->counterpart_is_earlier_image);
  EXPECT_FALSE(run.confirmed("altered")->counterpart_is_earlier_image);
}

TEST(pending_checks, what_cannot_be_read_is_never_equal) {
  check_driver run;
  run.unreadable.insert("a");
  run.write("a", 1);
  run.counterpart["a"] = 1;
  run.run_until_judged(5min);
  ASSERT_NE(run.confirmed("a"), nullptr);
  EXPECT_TRUE(run.confirmed("a")->counterpart.unreadable);
  EXPECT_EQ(run.out.verified, 0);
}

TEST(pending_checks, an_equal_look_without_an_image_counts_once_the_stream_was_read_past_it) {
  check_driver run(plain_settings(), view::keys_only);
  run.stream_is_read = false;
  run.write_replicated("kept", 1, 1s);
  run.write("undone", 1);
  run.write_unread("undone", 0);
  run.run_for(30s);
  EXPECT_EQ(run.out.verified, 0) << "both absent, by the doing of a delete that is not read";
  run.read_records();
  run.stream_is_read = true;
  run.run_for(1s);
  EXPECT_EQ(run.out.verified, 1);
  EXPECT_EQ(run.reads(check_step::expect_look), 2) << "and is not looked at again for that";
  run.counterpart["undone"] = 1;  // the insert arrives, the delete never does
  run.run_for(3min);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(pending_checks, reads_the_origin_where_records_carry_no_image) {
  check_driver run(plain_settings(), view::keys_only);
  run.write_replicated("there", 1, 1s);
  run.write("lost", 1);
  run.run_for(6s);
  EXPECT_EQ(run.reads(check_step::look), 0);
  EXPECT_GE(run.reads(check_step::expect_look), 2);
  EXPECT_EQ(run.out.verified, 1);
  run.run_until_judged(5min);
  ASSERT_NE(run.confirmed("lost"), nullptr);
  EXPECT_FALSE(run.confirmed("lost")->counterpart_is_earlier_image);
}

TEST(pending_checks, a_delete_needs_no_image) {
  check_driver run(plain_settings(), view::keys_only);
  run.origin["a"] = run.counterpart["a"] = 1;
  run.write_replicated("a", 0, 1s);
  run.run_for(6s);
  EXPECT_EQ(run.reads(check_step::look), 1);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, old_images_alone_suffice_to_call_a_value_stale) {
  check_driver run(plain_settings(), view::old_only);
  run.origin["a"] = run.counterpart["a"] = 1;
  run.write("a", 2);
  run.run_until_judged(5min);
  ASSERT_NE(run.confirmed("a"), nullptr);
  EXPECT_TRUE(run.confirmed("a")->counterpart_is_earlier_image);
}

TEST(pending_checks, an_event_of_an_unknown_name_is_checked_by_strong_reads) {
  for (const bool arrived : {true, false}) {
    check_driver run;
    run.counterpart["a"] = arrived ? 0 : 1;
    auto record = record_of("a", 1, 5, run.now);
    record.kind = dynamodb::event_kind::unknown;
    run.checks.on_change(std::move(record), {.shard_id = "s"}, run.now, run.out);
    run.run_until_judged(5min);
    EXPECT_GE(run.reads(check_step::expect_look), 1);
    EXPECT_EQ(run.out.verified, arrived ? 1 : 0);
    if (!arrived) {
      ASSERT_NE(run.confirmed("a"), nullptr);
      EXPECT_TRUE(run.confirmed("a")->ttl_delete_seen) << "DynamoDB Local names TTL deletes so";
    }
  }
}

TEST(pending_checks, a_delete_by_the_ttl_service_is_remembered_until_a_later_change) {
  check_driver run;
  run.counterpart["a"] = 1;
  auto record = record_of("a", 0, 5, run.now);
  record.by_ttl = true;
  run.checks.on_change(record, {.shard_id = "s"}, run.now, run.out);
  run.run_until_judged(5min);
  ASSERT_NE(run.confirmed("a"), nullptr);
  EXPECT_TRUE(run.confirmed("a")->ttl_delete_seen);
  EXPECT_TRUE(run.confirmed("a")->delete_seen);
}

TEST(target_to_source, confirms_without_claiming_to_know_the_history_of_the_source) {
  auto settings = plain_settings();
  settings.way = direction::target_to_source;
  check_driver run(settings);  // the origin is the target here
  run.write("unexpected", 1);
  run.write_replicated("fine", 1, 0ms);
  run.run_until_judged(5min);
  EXPECT_EQ(run.out.verified, 1);
  const auto* found = run.confirmed("unexpected");
  ASSERT_NE(found, nullptr);
  EXPECT_FALSE(found->delete_seen);
  EXPECT_FALSE(found->counterpart_is_earlier_image);
}

TEST(target_to_source, a_source_that_is_ahead_of_its_replica_is_no_mismatch) {
  auto settings = plain_settings();
  settings.way = direction::target_to_source;
  check_driver run(settings);
  for (int value = 1; value < 300; ++value) {
    run.counterpart["a"] = value;  // the source is written, the target follows
    run.after(800ms, [&run, value] { run.write("a", value); });
    run.run_for(1s);
  }
  run.run_until_judged(5min);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

class random_traffic : public testing::TestWithParam<int> {};

TEST_P(random_traffic, finds_every_planted_defect_and_invents_none) {
  check_driver run(plain_settings(), GetParam() % 2 == 0 ? view::new_and_old : view::keys_only);
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  std::map<std::string, wall_time> arrives;  // keeps the changes of a key in order
  const auto key_of = [](unsigned number) { return "k" + std::to_string(number); };
  for (int step = 0; step < 3000; ++step) {
    const auto key = key_of(random() % 60);
    const int value = random() % 5 == 0 ? 0 : static_cast<int>(1 + random() % 4);
    if (run.origin[key] != value) {
      run.write(key, value);
      const auto due = std::max(arrives[key], run.now + milliseconds{random() % 45'000});
      arrives[key] = due;
      run.at(due, [&run, key, value] { run.counterpart[key] = value; });
    }
    run.run_for(milliseconds{random() % 400});
  }
  for (unsigned number = 60; number < 80; ++number) {
    run.write(key_of(number), 1);  // lost
  }
  run.run_until_judged(20min);
  EXPECT_EQ(run.checks.size(), 0);
  EXPECT_THAT(run.out.confirmed, SizeIs(20));
  for (unsigned number = 60; number < 80; ++number) {
    EXPECT_NE(run.confirmed(key_of(number)), nullptr);
  }
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

INSTANTIATE_TEST_SUITE_P(seeds, random_traffic, testing::Range(1, 7));

TEST(pending_checks, a_judgement_waits_until_the_stream_has_been_read_past_it) {
  check_driver run;
  run.stream_is_read = false;
  run.checks.set_read_up_to({run.now, run.now});
  run.write("k", 1);
  run.after(50s, [&run] {
    run.write_unread("k", 2);
    run.write_unread("k", 1);
  });
  run.after(58s, [&run] { run.counterpart["k"] = 2; });  // in time, and 1 is still on its way
  run.run_for(95s);
  EXPECT_TRUE(run.out.confirmed.empty());
  run.read_records();
  run.counterpart["k"] = 1;
  run.stream_is_read = true;
  run.run_until_judged(5min);
  EXPECT_TRUE(run.out.confirmed.empty());
  EXPECT_EQ(run.out.verified, 1);
}

TEST(pending_checks, without_the_sources_stream_a_source_that_moves_gets_its_max_lag) {
  auto settings = plain_settings();
  settings.way = direction::target_to_source;
  check_driver run(settings);
  run.write("k", 1);
  run.write("k", 2);  // judged only when it has held
  run.run_for(6s);    // the source still holds another value: the first strong read
  run.counterpart["k"] = 2;
  run.after(40s, [&run] { run.counterpart["k"] = 3; });  // on its way to the target
  run.run_for(95s);
  EXPECT_TRUE(run.out.confirmed.empty()) << "3 was written 55 s ago";
  run.run_until_judged(5min);
  EXPECT_THAT(run.out.confirmed, SizeIs(1)) << "and never arrived";
}

TEST(pending_checks, a_moment_of_agreement_that_was_read_past_proves_no_mismatch) {
  check_driver run;
  const auto start = run.now;
  run.stream_is_read = false;
  run.checks.set_read_up_to({start, start});
  run.counterpart["k"] = 2;
  run.write("k", 1);
  run.after(65s, [&run] { run.write_unread("k", 2); });  // judged at 70 s: both hold 2
  run.after(125s, [&run, start] {
    run.write_unread("k", 1);
    run.checks.set_read_up_to({start + 80s, start + 80s});
  });
  run.run_for(140s);
  EXPECT_TRUE(run.out.confirmed.empty()) << "1 was written 15 s ago";
  run.read_records();
  run.counterpart["k"] = 1;
  run.stream_is_read = true;
  run.run_until_judged(5min);
  EXPECT_TRUE(run.out.confirmed.empty());
}

TEST(pending_checks, an_insert_deleted_again_unread_is_not_passed_by_the_judgement) {
  check_driver run;
  run.write("k", 1);
  run.after(max_lag + 9s, [&run] { run.write_unread("k", 0); });
  run.after(max_lag + 12s, [&run] { run.read_records(); });
  run.after(max_lag + 30s, [&run] { run.counterpart["k"] = 1; });  // late, and the delete is lost
  run.stream_is_read = false;
  run.checks.set_read_up_to({run.now, run.now});
  run.after(max_lag + 12s, [&run] { run.stream_is_read = true; });
  run.run_until_judged(10min);
  ASSERT_EQ(run.out.confirmed.size(), 1U);
  EXPECT_EQ(run.out.verified, 0);
}

}  // namespace
}  // namespace ddm::verify
