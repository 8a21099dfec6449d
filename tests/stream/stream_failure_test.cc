// A long run survives hours of whatever the service and the network do.
#include "stream/stream_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;
using support::fault;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct trouble {
  const char* name;
  fault what;
};

/// Names a case in the list of tests.
std::ostream& operator<<(std::ostream& out, const trouble& each) { return out << each.name; }

class outage : public testing::TestWithParam<trouble> {
 protected:
  stream_world world{{.shards = 4, .shard_lifetime = 10min}};
};

TEST_P(outage, of_half_an_hour_loses_nothing) {
  world.begin();
  const auto start = world.time.now();
  world.account.plan_faults(support::fault_between(start + 5min, start + 35min, GetParam().what));
  for (int round = 0; round < 120; ++round) {
    world.write(round * 20, 20);
    world.time.run_for(30s);
  }
  world.time.run_for(5min);
  ASSERT_FALSE(world.finished());
  EXPECT_THAT(world.sink.keys, SizeIs(2400));
  EXPECT_EQ(world.distinct(), 2400);
  EXPECT_THAT(world.sink.gaps, IsEmpty());
  EXPECT_EQ(world.consumer->status().failing, 0);
}

TEST_P(outage, at_the_very_start_is_waited_for) {
  world.write(0, 100);
  const auto start = world.time.now();
  world.account.plan_faults(support::fault_between(start, start + 5min, GetParam().what));
  world.begin();
  world.time.run_for(4min);
  EXPECT_FALSE(world.consumer->status().all_answer());
  EXPECT_FALSE(world.consumer->status().behind);
  EXPECT_THAT(world.consumer->status().unlisted_because, testing::Not(IsEmpty()));
  world.time.run_for(6min);
  ASSERT_FALSE(world.finished());
  EXPECT_TRUE(world.consumer->status().all_answer());
  EXPECT_THAT(world.consumer->status().unlisted_because, IsEmpty());
  EXPECT_THAT(world.sink.keys, SizeIs(100));
}

TEST_P(outage, is_not_hammered) {
  world.begin();
  world.time.run_for(10s);
  const auto start = world.time.now();
  world.account.plan_faults(support::fault_between(start, start + 1h, GetParam().what));
  world.time.run_for(10min);
  const auto before = world.account.statistics().requests;
  world.time.run_for(10min);
  // Four shards and the listing, each at most every 15 s with its few quick retries.
  EXPECT_LE(world.account.statistics().requests - before, 5U * 40 * 5);
}

INSTANTIATE_TEST_SUITE_P(
    kinds, outage,
    testing::Values(
        trouble{"throttling",
                {.type = fault::kind::throttle, .code = "ProvisionedThroughputExceededException"}},
        trouble{"limit_exceeded",
                {.type = fault::kind::throttle, .code = "LimitExceededException"}},
        trouble{"server_errors", {.type = fault::kind::server_error}},
        trouble{"key_service", {.type = fault::kind::throttle, .code = "KMSInvalidStateException"}},
        trouble{"a_proxys_page", {.type = fault::kind::throttle, .code = ""}},
        trouble{"bad_gateway", {.type = fault::kind::server_error, .status = 502}},
        trouble{"connection_resets", {.type = fault::kind::connection_reset}},
        trouble{"lost_answers", {.type = fault::kind::lost_answer}},
        trouble{"timeouts", {.type = fault::kind::timeout}},
        trouble{"damaged_bodies", {.type = fault::kind::truncated_body}},
        trouble{"wrong_checksums", {.type = fault::kind::wrong_crc}},
        trouble{"expired_credentials", {.type = fault::kind::expired_token}}),
    [](const auto& each) { return each.param.name; });

TEST(stream_failures, at_random_for_hours_lose_and_repeat_nothing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    stream_world world({.shards = 3, .shard_lifetime = 4min, .empty_page_rate = 0.2, .seed = seed});
    world.account.plan_faults(support::seeded_faults({.throttle = 0.1,
                                                      .server_error = 0.1,
                                                      .connection_reset = 0.05,
                                                      .lost_answer = 0.05,
                                                      .timeout = 0.02,
                                                      .truncated_body = 0.05,
                                                      .wrong_crc = 0.05,
                                                      .slow = 0.1},
                                                     seed));
    world.begin();
    for (int round = 0; round < 100; ++round) {
      world.write(round * 30, 30);
      world.time.run_for(20s);
    }
    world.time.run_for(10min);
    EXPECT_EQ(world.sink.keys.size(), 3000) << "seed " << seed;
    EXPECT_EQ(world.distinct(), 3000) << "seed " << seed;
    EXPECT_THAT(world.sink.gaps, IsEmpty());
  }
}

TEST(stream_failures, what_is_never_answered_is_not_caught_up) {
  for (const auto first : {first_position::latest, first_position::trim_horizon}) {
    stream_world world({.shards = 2}, first);
    world.account.plan_faults(support::fault_on(
        "GetRecords", {.type = fault::kind::throttle, .code = "LimitExceededException"}));
    world.begin();
    for (const auto wait : {1s, 4s, 55s}) {
      world.time.run_for(wait);
      const auto status = world.consumer->status();
      EXPECT_EQ(status.unanswered, 2U);
      EXPECT_FALSE(status.all_answer());
      if (first == first_position::trim_horizon) {
        EXPECT_FALSE(status.behind) << "it may hold records of any age";
      } else {
        EXPECT_GE(status.behind, wait);
      }
    }
    world.account.plan_faults({});
    world.time.run_for(1min);
    EXPECT_TRUE(world.consumer->status().all_answer());
    EXPECT_EQ(world.consumer->status().behind, 0ms);
  }
}

TEST(stream_failures, a_shard_that_no_longer_answers_is_behind_by_the_age_of_its_last_answer) {
  stream_world world({.shards = 2});
  world.begin();
  world.time.run_for(1min);
  ASSERT_EQ(world.consumer->status().behind, 0ms);
  world.account.plan_faults(support::fault_on(
      "GetRecords", {.type = fault::kind::throttle, .code = "LimitExceededException"}));
  world.time.run_for(1min);
  EXPECT_GE(world.consumer->status().behind, 55s);
  EXPECT_FALSE(world.consumer->status().all_answer());
}

TEST(stream_failures, a_missing_permission_ends_the_reading_and_says_which) {
  stream_world world;
  world.account.plan_faults(support::fault_on("GetRecords", {.type = fault::kind::access_denied}));
  world.begin();
  world.time.run_for(1min);
  ASSERT_TRUE(world.finished());
  ASSERT_FALSE(world.end->has_value());
  EXPECT_EQ(world.end->error().kind, error_class::access_denied);
  EXPECT_THAT(world.end->error().message, HasSubstr("GetRecords"));
  EXPECT_THAT(world.end->error().message, HasSubstr("shardId-"));
}

TEST(stream_failures, a_permission_to_list_that_is_withdrawn_ends_the_reading_too) {
  stream_world world;
  world.begin();
  world.time.run_for(5min);
  ASSERT_FALSE(world.finished());
  world.account.plan_faults(
      support::fault_on("DescribeStream", {.type = fault::kind::access_denied}));
  world.time.run_for(2min);
  ASSERT_TRUE(world.finished());
  EXPECT_EQ(world.end->error().kind, error_class::access_denied);
}

/// On GetRecords alone, on GetShardIterator too, and on all that is asked of the stream.
TEST(stream_failures, a_stream_that_is_missing_for_minutes_costs_no_record_and_is_no_gap) {
  const fault missing{.type = fault::kind::throttle, .code = "ResourceNotFoundException"};
  for (const auto* operation : {"GetRecords", "GetShardIterator", ""}) {
    stream_world world({.shards = 3, .shard_lifetime = 7min});
    world.begin();
    for (int round = 0; round < 60; ++round) {
      world.write(round * 10, 10);
      if (round == 20) {
        world.account.plan_faults([=, until = world.time.now() + 3min](const auto& context) {
          const bool meant = operation[0] == '\0' || context.operation == operation;
          return meant && context.now < until ? missing : fault{};
        });
        world.stream().expire_iterators();
      }
      world.time.run_for(20s);
    }
    world.time.run_for(2min);
    EXPECT_FALSE(world.finished()) << operation;
    EXPECT_EQ(world.sink.keys.size(), 600) << operation;
    EXPECT_EQ(world.distinct(), 600) << operation;
    EXPECT_THAT(world.sink.gaps, IsEmpty()) << operation;
  }
}

TEST(stream_failures, a_stream_that_is_not_found_is_given_up_after_a_grace_period) {
  stream_world world;
  world.begin();
  world.time.run_for(5min);
  world.account.plan_faults(support::fault_on(
      "DescribeStream", {.type = fault::kind::throttle, .code = "ResourceNotFoundException"}));
  world.time.run_for(4min);
  EXPECT_FALSE(world.finished());
  world.time.run_for(3min);
  ASSERT_TRUE(world.finished());
  EXPECT_EQ(world.end->error().kind, error_class::not_found);
}

}  // namespace
}  // namespace ddm::stream
