// Checks beyond the memory bound, and checks that outlive the process.
#include "verify/check_codec.h"
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr seconds max_lag{60};

check_settings tight(std::uint64_t bytes) {
  auto settings = plain_settings();
  settings.memory_bytes_max = bytes;
  return settings;
}

state::deferred_row row_of(const std::string& key, wall_time since, std::int64_t changes = 1) {
  const auto named = key_named(key);
  return {.key_hash = named.hash.bytes(),
          .key_json = named.json,
          .changes = changes,
          .since_ms = to_ms(since)};
}

TEST(deferral, keeps_only_the_keys_of_changes_beyond_the_memory_bound) {
  check_driver run(tight(100'000));
  for (int i = 0; i < 1000; ++i) {
    run.write("k" + std::to_string(i), 1);
  }
  EXPECT_FALSE(run.checks.has_room());
  EXPECT_LE(run.checks.bytes(), 101'000);
  EXPECT_GT(run.out.deferred, 500);
  ASSERT_EQ(static_cast<std::int64_t>(run.out.deferred_rows.size()), run.out.deferred);
  const auto& row = run.out.deferred_rows.back();
  EXPECT_EQ(row.key_hash, row_of("k999", run.now).key_hash);
  EXPECT_EQ(row.key_json, key_named("k999").json);
  EXPECT_EQ(row.since_ms, to_ms(run.now));
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(deferral, of_what_there_is_no_room_for_on_disk_either_deletes_are_told_apart) {
  auto settings = tight(1);
  settings.deferred_max = 0;
  check_driver run(settings);
  run.write("held", 1);
  run.write("left", 1);
  EXPECT_EQ(run.out.left, 1);
  EXPECT_EQ(run.out.left_deletes, 0);
  run.write("left too", 0);
  EXPECT_EQ(run.out.left, 2);
  EXPECT_EQ(run.out.left_deletes, 1);
}

TEST(deferral, a_key_that_is_being_checked_is_not_deferred) {
  check_driver run(tight(1));
  run.write("a", 1);
  run.write("a", 2);
  EXPECT_EQ(run.out.deferred, 0);
  EXPECT_EQ(run.out.superseded, 1);
}

TEST(deferral, a_change_after_a_deferred_one_must_hold_for_a_max_lag) {
  check_driver run(tight(3000));
  for (int i = 0; run.checks.has_room(); ++i) {
    run.write("k" + std::to_string(i), 1);
    run.counterpart["k" + std::to_string(i)] = 1;
  }
  run.write("late", 1);  // deferred, and on its way
  ASSERT_EQ(run.out.deferred, 1);
  run.run_for(10s);
  ASSERT_TRUE(run.checks.has_room());
  const auto verified = run.out.verified;
  run.write("late", 0);
  run.run_for(max_lag - 1s);
  EXPECT_EQ(run.out.verified, verified) << "absent as before anything has arrived";
  run.run_for(2s);
  EXPECT_EQ(run.out.verified, verified + 1);
  run.checks.unchecked().note_deferred(0);
  run.write("late", 0);
  run.run_for(7s);
  EXPECT_EQ(run.out.verified, verified + 2);
}

TEST(left_unchecked, a_change_of_such_a_key_must_hold_for_a_max_lag) {
  check_driver run;
  run.checks.unchecked().note_left(key_named("left").hash);  // inserted while there was no target
  EXPECT_FALSE(run.checks.unchecked().left_settled());
  run.checks.unchecked().on_target_ready(run.now);
  run.write("left", 0);
  run.write_replicated("other", 1, 1s);
  run.run_for(max_lag - 1s);
  EXPECT_EQ(run.out.verified, 1) << "absent as before anything has arrived";
  run.run_for(2s);
  EXPECT_EQ(run.out.verified, 2);
  EXPECT_TRUE(run.checks.unchecked().left_settled());
  run.write("left", 0);
  run.run_for(7s);
  EXPECT_EQ(run.out.verified, 3);
}

TEST(left_unchecked, by_an_earlier_process_concerns_every_key) {
  check_driver run;
  run.checks.unchecked().restore_left();
  run.run_for(2 * max_lag);
  EXPECT_FALSE(run.checks.unchecked().left_settled()) << "nothing arrives where there is no target";
  run.checks.unchecked().on_target_ready(run.now);
  run.write("any", 0);
  run.run_for(max_lag - 1s);
  EXPECT_EQ(run.out.verified, 0);
  run.run_for(2s);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(left_unchecked, is_not_over_before_the_stream_was_read_past_it) {
  check_driver run;
  run.checks.unchecked().note_left(key_named("left").hash);
  run.checks.unchecked().on_target_ready(run.now);
  run.stream_is_read = false;
  run.run_for(2 * max_lag);
  EXPECT_FALSE(run.checks.unchecked().left_settled());
  run.stream_is_read = true;
  run.run_for(1s);
  EXPECT_TRUE(run.checks.unchecked().left_settled());
}

TEST(deferral, the_images_of_hot_keys_give_way_to_the_memory_bound) {
  check_driver run(tight(20'000));
  for (int value = 1; value < 20'000; ++value) {
    run.write("hot" + std::to_string(value % 5), value);
  }
  EXPECT_LE(run.checks.bytes(), 20'000);
  run.counterpart = {{"hot0", 99'999}};
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(deferral, a_change_that_comes_back_is_judged_by_reading_both_tables) {
  check_driver run;
  run.origin = {{"there", 1}, {"lost", 1}, {"undeleted", 0}};
  run.counterpart = {{"there", 1}, {"lost", 0}, {"undeleted", 5}};
  for (const auto* key : {"there", "lost", "undeleted"}) {
    run.checks.on_undeferred(row_of(key, run.now - 10min), run.now, run.out);
  }
  EXPECT_EQ(run.out.undeferred, 3);
  run.run_for(50ms);
  EXPECT_EQ(run.out.verified, 1) << "it waited longer than a max-lag";
  run.run_until_judged(5min);
  ASSERT_THAT(run.out.confirmed, SizeIs(2));
  EXPECT_FALSE(run.confirmed("lost")->counterpart.value);
  EXPECT_TRUE(run.confirmed("undeleted")->delete_seen);
  EXPECT_TRUE(run.confirmed("undeleted")->ttl_delete_seen) << "who deleted it was not kept";
}

TEST(deferral, an_equal_look_at_a_change_that_comes_back_early_must_hold_for_a_max_lag) {
  check_driver run;
  run.checks.on_undeferred(row_of("one", run.now - 20s), run.now, run.out);
  run.checks.on_undeferred(row_of("pair", run.now - 10min, 2), run.now, run.out);
  EXPECT_EQ(run.out.superseded, 1);
  run.run_for(max_lag - 20s - 100ms);
  EXPECT_EQ(run.out.verified, 0);
  run.run_for(200ms);
  EXPECT_EQ(run.out.verified, 1);
  run.run_for(20s);
  EXPECT_EQ(run.out.verified, 2);
}

TEST(deferral, a_change_that_comes_back_while_its_key_is_checked_counts_as_superseded) {
  check_driver run;
  run.write("a", 0);  // the delete had room, the insert before it was deferred
  run.checks.on_undeferred(row_of("a", run.now - 1s, 3), run.now, run.out);
  EXPECT_EQ(run.out.superseded, 3);
  EXPECT_EQ(run.out.undeferred, 3);
  EXPECT_EQ(run.checks.size(), 1);
  run.run_for(max_lag - 100ms);
  EXPECT_EQ(run.out.verified, 0) << "absent before anything has arrived";
  run.run_for(200ms);
  EXPECT_EQ(run.out.verified, 1);
}

TEST(deferral, many_that_waited_long_are_no_replication_that_is_behind) {
  check_driver run;
  for (int i = 0; i < 500; ++i) {
    const auto key = "k" + std::to_string(i);
    run.origin[key] = run.counterpart[key] = 1;
    run.checks.on_undeferred(row_of(key, run.now - 1h), run.now, run.out);
  }
  run.run_for(1s);
  EXPECT_FALSE(run.checks.behind().behind());
  EXPECT_EQ(run.out.verified, 500);
}

/// What a crash leaves: the rows that were committed.
struct committed_state {
  void commit(pending_checks& checks) {
    std::vector<state::check_row> changed;
    std::vector<std::int64_t> closed;
    checks.take_dirty(changed, closed);
    for (auto& row : changed) {
      rows[row.id] = std::move(row.body);
    }
    for (const auto id : closed) {
      EXPECT_EQ(rows.erase(id), 1) << "a check that was never written needs no deletion";
    }
  }
  void restore(check_driver& run, bool comparable = true) const {
    for (const auto& [id, body] : rows) {
      auto decoded = decode_check(id, body);
      ASSERT_TRUE(decoded);
      run.checks.restore(std::move(decoded->value), decoded->shard_id, comparable, run.now);
    }
  }
  std::map<std::int64_t, std::string> rows;
};

TEST(restart, takes_open_checks_up_where_they_were) {
  check_driver first;
  first.origin["changed"] = first.counterpart["changed"] = 1;
  first.write_replicated("fine", 1, 30s);
  first.write("lost", 1);
  first.write("changed", 2);
  first.write("changed", 1);
  committed_state state;
  first.run_for(20s);
  state.commit(first.checks);
  EXPECT_THAT(state.rows, SizeIs(3));

  check_driver second;
  second.now = first.now + 5s;
  second.origin = first.origin;
  second.counterpart = first.counterpart;
  second.after(5s, [&] { second.counterpart["fine"] = 1; });
  state.restore(second);
  EXPECT_EQ(second.checks.size(), 3);
  EXPECT_EQ(second.checks.highest_id(), 3);
  second.run_for(34s);
  EXPECT_EQ(second.out.verified, 1) << "fine; changed must hold until a max-lag after it was read";
  second.run_until_judged(5min);
  EXPECT_EQ(second.out.verified, 2);
  const auto* lost = second.confirmed("lost");
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(lost->first_seen, first.now - 20s);
  EXPECT_EQ(lost->shard_id, "shard-1");
}

TEST(restart, a_downtime_does_not_shorten_the_judgement_of_what_was_never_looked_at) {
  check_driver first;
  first.write("late", 1);
  committed_state state;
  state.commit(first.checks);
  check_driver second;
  second.now = first.now + 1h;
  second.origin = first.origin;
  state.restore(second);
  second.after(50s, [&] { second.counterpart["late"] = 1; });
  second.run_until_judged(10min);
  EXPECT_THAT(second.out.confirmed, IsEmpty());
  EXPECT_EQ(second.out.verified, 1);
}

TEST(restart, writes_each_check_once_for_each_change_and_deletes_what_was_written) {
  check_driver run;
  committed_state state;
  run.write_replicated("brief", 1, 0ms);
  run.run_for(6s);
  state.commit(run.checks);
  EXPECT_THAT(state.rows, IsEmpty()) << "opened and closed between two commits";
  run.write_replicated("kept", 1, 0ms);
  state.commit(run.checks);
  EXPECT_THAT(state.rows, SizeIs(1));
  std::vector<state::check_row> changed;
  std::vector<std::int64_t> closed;
  run.checks.take_dirty(changed, closed);
  EXPECT_THAT(changed, IsEmpty());
  run.run_for(6s);
  state.commit(run.checks);
  EXPECT_THAT(state.rows, IsEmpty());
}

TEST(restart, lets_no_key_rest_anew_that_has_rested) {
  check_driver first;
  first.write("lost", 1);
  committed_state state;
  state.commit(first.checks);
  while (first.reads(check_step::first_origin) == 0) {
    first.run_for(50ms);
  }
  state.commit(first.checks);
  check_driver second;
  second.now = first.now + 50s;
  second.origin = first.origin;
  state.restore(second);
  EXPECT_LE(second.run_until_judged(5min), 20s);
  EXPECT_NE(second.confirmed("lost"), nullptr);
}

TEST(restart, writes_no_check_anew_for_a_look_that_tells_nothing_new) {
  check_driver run;
  run.write("lost", 1);
  run.run_for(20s);
  std::vector<state::check_row> changed;
  std::vector<std::int64_t> closed;
  run.checks.take_dirty(changed, closed);
  const auto looks = run.reads(check_step::look);
  changed.clear();
  run.run_for(20s);
  ASSERT_GT(run.reads(check_step::look), looks);
  run.checks.take_dirty(changed, closed);
  EXPECT_THAT(changed, IsEmpty());
}

TEST(restart, leaves_a_question_of_a_comparison_open) {
  check_driver first;
  first.write("a", 1);
  committed_state state;
  state.commit(first.checks);
  const auto key = key_named("a");
  first.checks.on_candidate({.id = 7,
                             .command = "monitor",
                             .key_hash = key.hash.bytes(),
                             .key_json = key.json,
                             .source_held = true},
                            first.now, first.out);
  state.commit(first.checks);
  check_driver second;
  state.restore(second);
  EXPECT_EQ(second.checks.answering_comparison(), 1);
}

TEST(restart, under_other_ignored_attributes_asks_the_origin_what_to_expect) {
  check_driver first;
  first.origin["fine"] = first.counterpart["fine"] = 1;
  first.write("fine", 2);
  first.write("lost", 1);
  first.write("gone", 1);
  first.write("gone", 0);
  committed_state state;
  state.commit(first.checks);
  check_driver second;
  second.now = first.now + 5s;
  second.origin = {{"fine", 3}, {"lost", 1}};  // 3: what a digest of 2 would be under new settings
  second.counterpart = {{"fine", 3}};
  state.restore(second, false);
  second.run_until_judged(10min);
  EXPECT_EQ(second.out.verified, 2) << "and absence is absence under any settings";
  ASSERT_THAT(second.out.confirmed, SizeIs(1));
  EXPECT_EQ(second.out.confirmed[0].key.hash, key_named("lost").hash);
}

TEST(restart, after_other_ignored_attributes_expects_nothing_of_before_them) {
  check_driver first;
  first.write("a", 1);
  first.write("a", 2);
  committed_state state;
  state.commit(first.checks);
  check_driver second;
  second.now = first.now + 1s;
  state.restore(second, false);
  state.commit(second.checks);
  check_driver third;  // which ignores what the second one does
  third.now = second.now + 1s;
  third.origin["a"] = 5;
  third.counterpart["a"] = 2;
  state.restore(third);
  EXPECT_EQ(third.checks.bytes(), second.checks.bytes()) << "images are kept that nobody knows";
  third.run_for(30s);
  EXPECT_EQ(third.out.verified, 0) << "the counterpart holds what was expected before";
  third.run_until_judged(10min);
  EXPECT_THAT(third.out.confirmed, SizeIs(1));
}

/// No key is followed any more.
check_settings of_no_key() {
  auto settings = plain_settings();
  settings.sample.rate = 1'000'000'000'000;
  return settings;
}

TEST(restart, outside_a_sparser_sample_judges_by_both_tables_alone) {
  check_driver first;
  first.write("a", 1);
  first.write("a", 2);
  committed_state state;
  state.commit(first.checks);
  check_driver second(of_no_key());
  second.now = first.now + 50s;
  second.origin["a"] = 2;
  state.restore(second);
  // Changes that nobody tells of, each a while late: no alarm may come of it.
  for (int value = 3; value < 60; ++value) {
    second.origin["a"] = value;
    second.after(4s, [&second, value] { second.counterpart["a"] = value; });
    second.run_for(5s);
  }
  EXPECT_THAT(second.out.confirmed, IsEmpty());
  second.origin["a"] = 100;
  second.run_for(5min);
  EXPECT_EQ(second.out.verified + std::ssize(second.out.confirmed), 1);
}

TEST(restart, after_a_sparser_sample_expects_nothing_of_before_it) {
  check_driver first;
  first.write("a", 1);
  first.write("a", 2);
  first.write("a", 1);
  committed_state state;
  state.commit(first.checks);
  check_driver second(of_no_key());
  second.now = first.now + 1s;
  state.restore(second);
  state.commit(second.checks);
  // Unseen: what the first process expected has been overwritten.
  check_driver third;
  third.now = second.now + 1s;
  third.origin["a"] = 5;
  third.counterpart["a"] = 1;
  state.restore(third);
  EXPECT_EQ(third.checks.bytes(), second.checks.bytes()) << "images are kept that nobody knows";
  third.run_for(30s);
  EXPECT_EQ(third.out.verified, 0) << "the counterpart holds what was expected before";
  third.run_until_judged(10min);
  EXPECT_THAT(third.out.confirmed, SizeIs(1));
}

/// A run that ends leaves what never rests open: not what comes to rest once nobody writes any
/// more.
TEST(restart, what_did_not_rest_before_the_end_has_the_time_to_do_so) {
  check_driver first;
  first.write("a", 1);
  committed_state state;
  state.commit(first.checks);
  check_driver second(of_no_key());
  second.now = first.now + 50s;
  state.restore(second);
  for (int value = 3; value < 90 && second.checks.restless_checks() == 0; ++value) {
    second.origin["a"] = value;
    second.counterpart["a"] = 1000 + value;
    second.run_for(7s);
  }
  ASSERT_EQ(second.checks.restless_checks(), 1U);
  second.checks.hasten(second.now);
  EXPECT_EQ(second.checks.restless_checks(), 0U);
  second.run_for(3min);
  EXPECT_THAT(second.out.confirmed, SizeIs(1));
}

TEST(lateness, counts_from_the_first_change_that_was_not_met) {
  check_driver run;
  run.write("a", 1);
  run.run_for(40s);
  run.write("a", 2);
  run.run_for(15s);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), late_checks{});
  run.run_for(7s);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), (late_checks{.unmet = 1}));
}

TEST(lateness, of_what_could_not_be_looked_at_is_not_known) {
  check_driver run;
  run.write("a", 1);
  run.run_for(10s);  // it looked unequal, as any change that is on its way
  while (run.now - from_ms(1'767'225'600'000) < 70s) {
    run.now += 1s;
    for (const auto& read : run.checks.take_due(run.now, 10)) {
      run.checks.on_unanswered(read.id, run.now + 1s);
    }
  }
  EXPECT_EQ(run.checks.later_than(run.now - 60s), (late_checks{.unlooked = 1}));
}

TEST(lateness, of_what_was_read_long_after_it_was_made_counts_from_a_minute_after_that) {
  check_driver run;
  run.write_unread("a", 1);
  run.run_for(10min);
  run.read_records();
  EXPECT_EQ(run.checks.later_than(run.now - 60s), (late_checks{.unlooked = 1}))
      << "no look has told yet";
  run.run_for(10s);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), (late_checks{.unmet = 1}));
}

// Asked each second, it walks through the checks only where one can be so late.
TEST(lateness, is_found_whichever_check_becomes_late_after_none_was) {
  check_driver run;
  run.write("young", 1);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), late_checks{});
  EXPECT_EQ(run.checks.later_than(run.now + 1ms).unlooked, 1) << "a walk";
  run.write_unread("old", 1);
  run.now += 3min;
  run.read_records();
  run.write("younger", 1);
  EXPECT_EQ(run.checks.later_than(run.now - 10s).unlooked, 2U);
  run.run_for(30s);
  const auto late = run.checks.later_than(run.now - 20s);
  EXPECT_EQ(late.unmet + late.unlooked, 3U);
}

TEST(lateness, of_a_pause_is_known_at_once) {
  check_driver run;
  run.write("a", 1);
  EXPECT_EQ(run.checks.later_than(run.now + 1ms).unlooked, 1);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), late_checks{});
  run.checks.on_pause(10min);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), (late_checks{.unlooked = 1}));
}

TEST(lateness, of_an_earlier_process_goes_on) {
  check_driver first;
  first.write("a", 1);
  first.run_for(70s);
  const auto left = first.checks.later_than(first.now - 60s);
  EXPECT_EQ(left, (late_checks{.unmet = 1}));
  check_driver second;
  second.now = first.now;
  EXPECT_EQ(second.checks.later_than(second.now - 60s), late_checks{});
  std::vector<state::check_row> rows;
  std::vector<std::int64_t> closed;
  first.checks.take_dirty(rows, closed);
  ASSERT_THAT(rows, SizeIs(1));
  auto open = decode_check(rows[0].id, rows[0].body).value();
  second.checks.restore(std::move(open.value), open.shard_id, true, second.now);
  EXPECT_EQ(second.checks.later_than(second.now - 60s), (late_checks{.unlooked = 1}));
}

// A pause of the machine: what had not arrived before it has been overtaken in it, by what the
// origin gave up more than a max-lag before the end of the pause.
TEST(lateness, goes_on_while_what_has_arrived_is_too_old_itself) {
  check_driver run;
  run.write("a", 1);
  run.run_for(10s);
  for (int value = 2; value <= 30; ++value) {
    run.write_unread("a", value);
    run.now += 10s;  // nothing is looked at
  }
  run.counterpart["a"] = 22;
  run.read_records();
  run.run_for(3s);
  EXPECT_EQ(run.checks.later_than(run.now - 120s), (late_checks{.unmet = 1}));
}

// An item that the target's TTL may have deleted before the source's did is not said to be late.
TEST(lateness, of_what_is_absent_where_items_expire_is_not_known) {
  check_driver run({.counterpart_expires = true});
  run.write("a", 1);
  run.run_for(62s);
  EXPECT_EQ(run.checks.later_than(run.now - 60s), (late_checks{.unlooked = 1}));
}

// The same value again: a change of what is ignored alone. It arrives altered, after the first
// look.
TEST(a_change_of_what_is_ignored, is_not_seen_to_have_arrived_before_it_can_have) {
  check_driver run;
  run.origin["a"] = 1;
  run.counterpart["a"] = 1;
  run.write("a", 1);
  run.after(20s, [&run] { run.counterpart["a"] = 7; });
  run.run_for(5min);
  EXPECT_EQ(run.out.verified, 0);
  EXPECT_EQ(run.out.confirmed.size(), 1U);
}

TEST(restart, tells_the_lowest_sequence_number_without_outcome_of_each_shard) {
  check_driver run;
  run.write("a", 1);
  run.write("b", 1);
  run.shard = "shard-2";
  run.write("c", 1);
  run.write("a", 2);
  EXPECT_EQ(run.checks.lowest_open().at("shard-1").str(), "1000000000000000002");
  EXPECT_EQ(run.checks.lowest_open().at("shard-2").str(), "1000000000000000003");
  EXPECT_TRUE(!run.checks.lowest_open().contains("shard-3"));
  EXPECT_EQ(run.checks.later_than(run.now + 1ms).unlooked, 3);
  EXPECT_EQ(run.checks.later_than(run.now), late_checks{});
}

}  // namespace
}  // namespace ddm::verify
