// What a consumer says of itself: how far it is behind, what it has not read, whether it is caught
// up.
#include "stream/read_pace.h"
#include "stream/stream_world.h"

#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;

awaitable<void> sleep_until(clock& time, wall_time until) {
  co_await time.sleep_for(std::max(0ms, milliseconds{until - time.now()}));
}

TEST(stream_status, counts_shards_and_is_caught_up_while_idle) {
  stream_world world({.shards = 4});
  world.write(0, 100);
  world.begin();
  world.time.run_for(1h);
  const auto status = world.consumer->status();
  EXPECT_EQ(status.open, 4);
  EXPECT_EQ(status.waiting, 0);
  EXPECT_EQ(status.behind, 0ms);
  EXPECT_EQ(status.retention_left, 24h);
  EXPECT_EQ(status.failing, 0);
}

TEST(stream_status, knows_which_shards_have_not_been_read_yet) {
  stream_world world({.shards = 4});
  const auto until = world.time.now() + 10min;
  world.account.plan_faults([until](const support::fault_context& call) {
    return call.operation == "GetRecords" && call.now < until
               ? support::fault{.type = support::fault::kind::server_error}
               : support::fault{};
  });
  world.begin();
  world.time.run_for(1min);
  EXPECT_EQ(world.consumer->status().unread, 4);
  world.time.run_for(10min);
  EXPECT_EQ(world.consumer->status().unread, 0);
}

TEST(stream_status, is_caught_up_with_a_thousand_idle_shards_too) {
  stream_world world({.shards = 1000});
  world.write(0, 3000);
  world.begin();
  world.time.run_for(1h);
  for (int i = 0; i < 30; ++i) {
    world.time.run_for(1s);
    ASSERT_EQ(world.consumer->status().behind, 0ms);
  }
}

TEST(stream_status, is_known_from_the_state_before_anything_can_be_listed) {
  stream_world world({.shards = 4});
  world.write(0, 100);
  world.begin();
  world.time.run_for(1min);
  const auto rows = world.stop();
  world.fail_listings(0s, 6h);
  world.time.run_for(5h);
  world.begin(rows);
  world.time.run_for(1min);
  const auto status = world.consumer->status();
  EXPECT_FALSE(status.listed);
  ASSERT_TRUE(status.behind);
  EXPECT_GE(*status.behind, 5h);
  EXPECT_EQ(status.retention_left, 24h - *status.behind);
}

TEST(stream_status, ages_with_an_outage_and_not_with_the_last_record) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(5h);
  const auto began = world.time.now();
  world.account.plan_faults(
      support::fault_between(began, began + 30min, {.type = support::fault::kind::server_error}));
  world.time.run_for(20min);
  const auto status = world.consumer->status();
  EXPECT_GE(status.behind, 20min - 2s);
  EXPECT_LE(status.behind, 20min + 5s);
  EXPECT_EQ(status.retention_left, 24h - *status.behind);
  EXPECT_EQ(status.failing, 1);
  EXPECT_FALSE(status.failure.empty());
  world.time.run_for(12min);
  EXPECT_EQ(world.consumer->status().behind, 0ms);
  EXPECT_EQ(world.consumer->status().failing, 0);
}

TEST(stream_status, is_behind_from_when_reads_come_later_than_they_should_and_not_before) {
  stream_world world;
  world.begin();
  world.time.run_for(10min);
  const auto until = world.time.now() + 10min;
  world.sink.before_read = [&world, until] { return sleep_until(world.time, until); };
  std::optional<milliseconds> first;
  for (int second = 0; second < 60 && !first; ++second) {
    world.time.run_for(1s);
    if (const auto behind = world.consumer->status().behind.value(); behind > 0ms) {
      first = behind;
    }
  }
  ASSERT_TRUE(first);
  EXPECT_GE(*first, current_within(1)) << "idle reads are not behind";
  EXPECT_LE(*first, current_within(1) + 2s);
}

TEST(caught_up_to, needs_every_shard_and_no_heir_unseen) {
  stream_world world({.shards = 2, .children_listed_after = 10s});
  world.begin();
  const auto start = world.time.now();
  EXPECT_FALSE(world.consumer->caught_up_to(start));
  world.time.run_for(6s);
  EXPECT_FALSE(world.consumer->caught_up_to(start)) << "a listing may hide a shard";
  world.time.run_for(unread_at_rest);
  EXPECT_TRUE(world.consumer->caught_up_to(start));
  EXPECT_FALSE(world.consumer->caught_up_to(world.time.now() + 1h));

  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  const auto moment = world.time.now();
  world.time.run_for(5s);
  EXPECT_FALSE(world.consumer->caught_up_to(moment)) << "the child is not listed yet";
  world.time.run_for(unread_at_rest);
  EXPECT_TRUE(world.consumer->caught_up_to(moment));
}

TEST(caught_up_to, waits_for_an_heir_for_as_long_as_no_listing_succeeds) {
  stream_world world;
  world.begin();
  world.time.run_for(5s);
  const auto began = world.time.now();
  world.account.plan_faults([&](const support::fault_context& request) -> support::fault {
    const bool fails = request.operation == "DescribeStream" && request.now < began + 10min;
    return {.type = fails ? support::fault::kind::server_error : support::fault::kind::none};
  });
  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  world.write(0, 10);
  world.time.run_for(9min);
  EXPECT_FALSE(world.consumer->read_up_to());
  world.time.run_for(3min);
  EXPECT_TRUE(world.consumer->caught_up_to(began + 10min));
  EXPECT_EQ(world.distinct(), 10U);
}

}  // namespace
}  // namespace ddm::stream
