// A whole stream: its shards come, split, roll over and end while they are read.
#include "stream/stream_consumer.h"

#include "stream/stream_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

/// Every key k0 … k<count - 1> exactly once, and no gap.
void expect_complete(const stream_world& world, int count) {
  EXPECT_EQ(world.distinct(), static_cast<std::size_t>(count));
  EXPECT_EQ(world.sink.keys.size(), static_cast<std::size_t>(count));
  EXPECT_THAT(world.sink.gaps, IsEmpty());
}

TEST(stream_consumer, reads_all_open_shards_at_the_same_time) {
  stream_world world({.shards = 20});
  world.write(0, 5000);
  world.begin();
  world.time.run_for(5s);
  expect_complete(world, 5000);
  EXPECT_THAT(world.sink.keys_by_shard, SizeIs(20));
  EXPECT_EQ(world.consumer->status().open, 20);
  EXPECT_EQ(world.sink.commits, 1) << "before the first iterator";
}

TEST(stream_consumer, follows_the_pages_of_a_listing) {
  stream_world world({.shards = 250});
  world.write(0, 5000);
  world.begin();
  world.time.run_for(10s);
  expect_complete(world, 5000);
  EXPECT_EQ(world.consumer->status().open, 250);
}

TEST(stream_consumer, loses_nothing_to_splits_while_it_reads) {
  stream_world world({.shards = 2});
  world.begin();
  int written = 0;
  for (int round = 0; round < 20; ++round) {
    world.write(written, 100);
    written += 100;
    world.stream().split(world.stream().open_shards().front(), world.time.now());
    world.write(written, 100);
    written += 100;
    world.time.run_for(7s);
  }
  world.time.run_for(2min);
  expect_complete(world, written);
  EXPECT_EQ(world.consumer->status().open, 22);
  EXPECT_EQ(world.consumer->status().done, 20);
}

struct roll_over {
  const char* name;
  support::fake_stream::options stream;
};

class rolling_stream : public testing::TestWithParam<roll_over> {};

TEST_P(rolling_stream, is_read_completely_and_in_order) {
  stream_world world(GetParam().stream);
  world.begin();
  int written = 0;
  for (int round = 0; round < 240; ++round) {
    world.write(written, 20);
    written += 20;
    world.time.run_for(15s);
  }
  world.time.run_for(5min);
  expect_complete(world, written);
  EXPECT_GE(world.consumer->status().done, 20);
}

INSTANTIATE_TEST_SUITE_P(
    shards, rolling_stream,
    testing::Values(roll_over{"plainly", {.shards = 3, .shard_lifetime = 5min}},
                    roll_over{"with_late_children",
                              {.shards = 3, .shard_lifetime = 5min, .children_listed_after = 20s}},
                    roll_over{"with_parents_that_look_open",
                              {.shards = 3, .shard_lifetime = 5min, .parent_listed_open_for = 20s}},
                    roll_over{"with_empty_pages",
                              {.shards = 3, .shard_lifetime = 5min, .empty_page_rate = .4}},
                    roll_over{"faster_than_listings", {.shards = 3, .shard_lifetime = 20s}}),
    [](const auto& each) { return each.param.name; });

TEST(stream_consumer, finds_a_late_child_within_seconds_once_it_is_listed) {
  stream_world world({.children_listed_after = 9s});
  world.begin();
  world.time.run_for(5s);
  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  world.write(0, 10);
  world.time.run_for(9s);
  EXPECT_THAT(world.sink.keys, IsEmpty());
  world.time.run_for(6s);
  EXPECT_THAT(world.sink.keys, SizeIs(10));
}

TEST(stream_consumer, finds_a_child_that_is_listed_later_than_its_younger_sibling) {
  stream_world world({.shards = 2, .first_child_listed_after = 10s});
  world.begin();
  world.time.run_for(5s);
  world.stream().split(world.stream().open_shards()[0], world.time.now());
  world.write(0, 100);
  world.time.run_for(2s);
  EXPECT_LT(world.distinct(), 100U);
  world.time.run_for(25s);
  EXPECT_EQ(world.distinct(), 100U);
  EXPECT_LE(world.consumer->status().unread_for.value(), unread_at_rest);
}

TEST(stream_consumer, finds_a_late_child_within_seconds_also_after_a_restart) {
  stream_world world({.children_listed_after = 20s});
  world.begin();
  world.time.run_for(5s);
  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  world.write(0, 10);
  world.time.run_for(5s);
  world.begin(world.stop());
  world.time.run_for(18s);
  EXPECT_THAT(world.sink.keys, SizeIs(10));
}

TEST(stream_consumer, finds_a_child_that_is_older_than_the_newest_shard_known) {
  stream_world world({.shards = 2});
  world.begin();
  world.time.run_for(5s);
  const auto open = world.stream().open_shards();
  world.account.plan_faults([&](const support::fault_context& request) -> support::fault {
    const auto asked = request.request.body;
    const bool fails = asked.contains("CHILD_SHARDS") && asked.contains(open[0]);
    return {.type = fails ? support::fault::kind::server_error : support::fault::kind::none};
  });
  world.stream().roll_over(open[0], world.time.now());
  world.time.run_for(10ms);
  world.stream().roll_over(open[1], world.time.now());
  world.write(0, 20);
  world.time.run_for(15s);
  EXPECT_EQ(world.distinct(), 20U);
  EXPECT_THAT(world.sink.gaps, IsEmpty());
}

TEST(stream_consumer, comes_back_from_a_kill_at_any_moment_without_loss_or_repetition) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    stream_world world({.shards = 3, .shard_lifetime = 2min, .seed = seed},
                       first_position::trim_horizon);
    std::mt19937 random(seed);
    std::vector<state::shard_row> rows;
    std::map<std::string, state::shard_row> committed;
    int written = 0;
    for (int life = 0; life < 30; ++life) {
      world.begin(rows);
      for (int step = 0; step < 5; ++step) {
        world.write(written, 10);
        written += 10;
        world.time.run_for(milliseconds{random() % 20'000});
      }
      for (auto& row : world.stop()) {
        committed[row.shard_id] = row;
      }
      rows.clear();
      for (const auto& [id, row] : committed) {
        rows.push_back(row);
      }
      world.time.run_for(milliseconds{random() % 60'000});
    }
    world.begin(rows);
    world.time.run_for(5min);
    expect_complete(world, written);
  }
}

TEST(stream_consumer, ends_when_the_stream_is_turned_off_and_drained) {
  stream_world world({.shards = 3});
  world.begin();
  world.time.run_for(5s);
  world.write(0, 100);
  world.stream().disable(world.time.now());
  world.time.run_for(90s);
  ASSERT_TRUE(world.finished());
  EXPECT_TRUE(world.end->has_value());
  expect_complete(world, 100);
}

TEST(stream_consumer, waits_for_a_child_that_is_hidden_when_the_stream_is_turned_off) {
  stream_world world({.children_listed_after = 20s});
  world.begin();
  world.time.run_for(5s);
  world.write(0, 10);
  world.stream().roll_over(world.stream().open_shards().front(), world.time.now());
  world.write(10, 10);
  world.stream().disable(world.time.now());
  world.time.run_for(3min);
  ASSERT_TRUE(world.finished());
  expect_complete(world, 20);
}

TEST(stream_consumer, reports_what_a_shard_lost_before_it_was_begun) {
  stream_world world;
  world.begin();
  world.time.run_for(10s);
  const auto rows = world.stop();
  world.write(0, 10);
  world.time.run_for(25h);
  world.write(10, 10);
  world.begin(rows);
  world.time.run_for(10s);
  ASSERT_EQ(world.sink.gaps.size(), 1U) << "the oldest record left is not the first";
  EXPECT_EQ(world.distinct(), 10U);
}

TEST(stream_consumer, reports_what_a_shard_lost_that_could_not_be_read_for_a_day) {
  for (const bool restarts : {false, true}) {
    stream_world world;
    const auto start = world.time.now();
    world.account.plan_faults([&](const support::fault_context& request) -> support::fault {
      const bool fails = request.operation == "GetRecords" && request.now < start + 25h;
      return {.type = fails ? support::fault::kind::connection_reset : support::fault::kind::none};
    });
    world.begin();
    world.time.run_for(10s);
    world.write(0, 10);
    if (restarts) {
      const auto rows = world.stop();
      world.time.run_for(25h);
      world.begin(rows);
    }
    world.time.run_for(26h);
    EXPECT_EQ(world.sink.gaps.size(), 1U) << "restarts: " << restarts;
  }
}

TEST(stream_consumer, finds_a_late_sibling_also_after_a_restart_before_it_is_listed) {
  stream_world world({.shards = 2, .first_child_listed_after = 10s});
  world.begin();
  world.time.run_for(5s);
  world.stream().split(world.stream().open_shards()[0], world.time.now());
  world.write(0, 100);
  world.time.run_for(3s);
  world.begin(world.stop());
  world.time.run_for(60s);
  EXPECT_EQ(world.distinct(), 100U);
}

TEST(stream_consumer, finds_a_late_sibling_also_when_the_look_for_it_fails) {
  stream_world world({.shards = 2, .first_child_listed_after = 10s});
  world.begin();
  world.time.run_for(5s);
  world.fail_listings(5s, 40s);
  world.stream().split(world.stream().open_shards()[0], world.time.now());
  world.write(0, 100);
  world.time.run_for(90s);
  EXPECT_EQ(world.distinct(), 100U);
}

TEST(stream_consumer, finds_a_late_sibling_by_its_parent_while_listings_fail) {
  stream_world world({.shards = 2, .first_child_listed_after = 10s});
  world.begin();
  world.time.run_for(5s);
  const auto split = world.time.now();
  world.account.plan_faults([=](const support::fault_context& request) -> support::fault {
    const bool fails = request.operation == "DescribeStream" && request.now > split + 5s &&
                       !request.request.body.contains("CHILD_SHARDS");
    return {.type = fails ? support::fault::kind::server_error : support::fault::kind::none};
  });
  world.stream().split(world.stream().open_shards()[0], split);
  world.write(0, 100);
  world.time.run_for(30s);
  EXPECT_EQ(world.distinct(), 100U);
}

/// A shard is split while listings fail, from so long afterwards on: nothing is known after
/// `unknown`, and everything once they come again and `at_last` has passed.
void expect_unknown_while_nobody_can_list(stream_world& world, milliseconds from,
                                          milliseconds unknown, milliseconds at_last) {
  world.fail_listings(from, 10min);
  world.stream().split(world.stream().open_shards()[0], world.time.now());
  world.write(0, 100);
  world.time.run_for(unknown);
  EXPECT_LT(world.distinct(), 100U);
  EXPECT_FALSE(world.consumer->status().unread_for);
  world.time.run_for(at_last);
  EXPECT_EQ(world.distinct(), 100U);
  EXPECT_LE(world.consumer->status().unread_for.value(), unread_at_rest);
}

TEST(stream_consumer, knows_nothing_while_nobody_can_look_for_a_late_sibling) {
  stream_world world({.shards = 2, .first_child_listed_after = 10s});
  world.begin();
  world.time.run_for(5s);
  expect_unknown_while_nobody_can_list(world, 5s, 90s, 11min);
}

/// The look for one that was hidden fails ten seconds after the end of its parent, from then on it
/// may be there: fifty seconds later the minute is over that a verdict allows.
TEST(stream_consumer, knows_nothing_within_a_minute_while_only_the_newest_shards_can_be_listed) {
  stream_world world({.shards = 2});
  world.begin();
  world.time.run_for(5min);
  const auto split = world.time.now();
  world.account.plan_faults([=](const support::fault_context& request) -> support::fault {
    const bool fails = request.operation == "DescribeStream" &&
                       !request.request.body.contains("ExclusiveStartShardId");
    return {.type = fails ? support::fault::kind::server_error : support::fault::kind::none};
  });
  world.stream().split(world.stream().open_shards()[0], split);
  world.time.run_for(59s);
  EXPECT_GE(world.consumer->status().unread_for.value(), 58s);
  world.time.run_for(3s);
  EXPECT_FALSE(world.consumer->status().unread_for);
}

TEST(stream_consumer, is_caught_up_only_once_a_later_listing_has_shown_which_shards_are_open) {
  for (std::chrono::seconds since_listing{0}; since_listing < 20s; since_listing += 4s) {
    stream_world world({.shards = 2, .end_found_after = 5min});
    world.begin();
    world.time.run_for(30s + since_listing);
    world.stream().split(world.stream().open_shards()[0], world.time.now());
    world.write(0, 100);
    const auto written = world.time.now();
    world.time.run_for(2s);
    int waited = 0;
    while (!world.consumer->caught_up_to(written) && waited < 400) {
      world.time.run_for(1s);
      ++waited;
    }
    EXPECT_EQ(world.distinct(), 100U) << since_listing.count() << " s, waited " << waited << " s";
    EXPECT_LT(waited, 400);
  }
}

/// A shard that is closed may go on with empty pages; what follows it nobody sees meanwhile.
TEST(stream_consumer, takes_no_empty_page_for_an_end_once_nobody_can_list) {
  stream_world world({.shards = 2, .end_found_after = 5min});
  world.begin();
  world.time.run_for(30s);
  expect_unknown_while_nobody_can_list(world, 0s, 70s, 15min);
}

/// What was lost first may have been made up for by a comparison: what is lost after it may not.
TEST(stream_consumer, reports_again_what_was_lost_in_another_day_that_could_not_be_read) {
  for (const int read_before : {0, 10}) {
    stream_world world;
    world.write(0, read_before);
    world.begin();
    world.time.run_for(10s);
    const auto rows = world.stop();
    world.write(10, 10);
    world.time.run_for(25h);
    world.account.plan_faults([](const support::fault_context& request) -> support::fault {
      const bool fails = request.operation == "GetRecords";
      return {.type = fails ? support::fault::kind::connection_reset : support::fault::kind::none};
    });
    world.begin(rows);
    world.time.run_for(1h);
    ASSERT_EQ(world.sink.gaps.size(), 1U) << read_before;
    world.write(20, 10);
    world.time.run_for(30h);
    world.account.plan_faults({});
    world.time.run_for(1min);
    EXPECT_EQ(world.sink.gaps.size(), 2U)
        << "20 to 29 were lost after the first gap; read before: " << read_before;
  }
}

TEST(stream_consumer, ends_with_the_error_of_a_commit) {
  stream_world world;
  world.sink.commit_failure = error{.message = "the disk is full"};
  world.begin();
  world.time.run_for(1s);
  ASSERT_TRUE(world.finished());
  EXPECT_EQ(world.end->error().message, "the disk is full");
  EXPECT_EQ(world.calls("GetShardIterator"), 0) << "nothing is begun that is not committed";
}

TEST(stream_consumer, that_is_asked_to_end_while_its_first_listing_is_committed_leaves_no_reader) {
  stream_world world{{.shards = 3}};
  world.sink.during_commit = [&] { world.cancel(); };
  world.begin();
  world.time.run_for(10s);
  world.stop();  // the consumer's end aborts the process while a reader runs
  EXPECT_FALSE(world.finished());
  EXPECT_EQ(world.calls("GetRecords"), 0U);
}

TEST(polling, of_300_idle_shards_stays_below_a_hundred_calls_a_second) {
  stream_world world({.shards = 300});
  world.begin();
  world.time.run_for(10s);
  const auto before = world.calls("GetRecords");
  world.time.run_for(60s);
  const auto calls = world.calls("GetRecords") - before;
  EXPECT_LE(calls, 6000);
  EXPECT_GE(calls, 5000);
}

TEST(listing, costs_two_calls_a_second_at_most_even_when_all_shards_roll_over) {
  stream_world world({.shards = 60});
  world.begin();
  world.time.run_for(10s);
  world.write(0, 600);
  for (const auto& id : world.stream().open_shards()) {
    world.stream().roll_over(id, world.time.now());
  }
  world.write(600, 600);
  const auto before = world.calls("DescribeStream");
  world.time.run_for(10s);
  EXPECT_LE(world.calls("DescribeStream") - before, 2 * 10 + 3);
  world.time.run_for(2min);
  expect_complete(world, 1200);
}

TEST(listing, costs_two_calls_a_second_at_most_even_when_each_of_many_pages_fails_at_first) {
  stream_world world({.shards = 1500});
  world.account.plan_faults([](const support::fault_context& context) {
    const bool fails = context.operation == "DescribeStream" && context.number % 2 == 0;
    return support::fault{.type = fails ? support::fault::kind::server_error
                                        : support::fault::kind::none};
  });
  world.begin();
  world.time.run_for(10s);
  EXPECT_GE(world.calls("DescribeStream"), 15);
  EXPECT_LE(world.calls("DescribeStream"), 2 * 10 + 3);
}

TEST(listing, of_a_quiet_stream_is_six_calls_a_minute) {
  stream_world world;
  world.begin();
  world.time.run_for(1h);
  EXPECT_NEAR(static_cast<double>(world.calls("DescribeStream")), 360, 5);
}

/// Nothing fails: what reads has to wait, as where there is no room for more checks.
/// DynamoDB Local cuts creation times to the minute: records alone would prove nothing for so long.
TEST(stream_consumer, knows_where_a_busy_shard_of_dynamodb_local_ends) {
  stream_world world({.creation_unit = 60s}, first_position::trim_horizon, "000000000000");
  world.begin();
  for (int i = 0; i < 100; ++i) {
    world.write(i, 1);
    world.time.run_for(100ms);
  }
  ASSERT_TRUE(world.consumer->read_up_to());
  EXPECT_LE(world.time.now() - *world.consumer->read_up_to(), 2s);
}

TEST(stream_consumer, takes_no_short_page_of_aws_for_the_end) {
  stream_world world({.creation_unit = 60s});
  world.begin();
  for (int i = 0; i < 100; ++i) {
    world.write(i, 1);
    world.time.run_for(100ms);
  }
  ASSERT_TRUE(world.consumer->read_up_to());
  EXPECT_GE(world.time.now() - *world.consumer->read_up_to(), 10s);
}

TEST(stream_consumer, finds_the_children_of_many_shards_that_end_at_once_without_asking_for_each) {
  constexpr int shards = 400;
  stream_world world({.shards = shards});
  world.begin();
  world.time.run_for(90s);
  ASSERT_EQ(world.consumer->status().open, shards);
  for (const auto& shard : world.stream().open_shards()) {
    world.stream().roll_over(shard, world.time.now());
  }
  const auto before = world.calls("DescribeStream");
  world.time.run_for(40s);
  EXPECT_EQ(world.consumer->status().open, shards);
  EXPECT_EQ(world.consumer->status().done, shards);
  world.time.run_for(3min);
  EXPECT_LT(world.calls("DescribeStream") - before, 150U);
}

}  // namespace
}  // namespace ddm::stream
