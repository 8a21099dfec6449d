#include "support/replicator.h"

#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::support {
namespace {

using namespace std::chrono_literals;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = std::nullopt};

std::string key(int number) { return R"({"pk":{"S":"k)" + std::to_string(number) + R"("}})"; }
std::string item(int number, int version) {
  return R"({"pk":{"S":"k)" + std::to_string(number) + R"("},"v":{"N":")" +
         std::to_string(version) + R"("},"tags":{"SS":["a","b"]}})";
}

struct replicator_test : testing::Test {
  replicator_test() {
    source.create_table("t", schema);
    target.create_table("t", schema);
  }

  replicator make(replicator_options settings) {
    return {time.executor(), {source, "t"}, {target, "t"}, settings};
  }
  /// 300 keys, each written three times, some deleted.
  void write_traffic() {
    for (int version = 1; version <= 3; ++version) {
      for (int number = 0; number < 300; ++number) {
        source.put("t", item(number, version));
        time.run_for(1ms);
      }
      time.run_for(10s);
    }
    for (int number = 0; number < 300; number += 5) {
      source.remove("t", key(number));
    }
  }
  std::vector<difference> present_differences() {
    return differences(source.table("t"), target.table("t"));
  }

  simulated_clock time;
  fake_dynamodb source{time};
  fake_dynamodb target{time, {.account = "222222222222"}};
};

TEST_F(replicator_test, a_key_can_be_lost_from_a_moment_on) {
  auto carrier = make({.delay_min = 1s, .delay_max = 1s});
  carrier.lose_key(key(1), time.now() + 10s);
  source.put("t", item(1, 1));
  time.run_for(11s);
  source.put("t", item(1, 2));
  source.put("t", item(2, 1));
  time.run_for(1min);
  EXPECT_EQ(target.get("t", key(1)), item(1, 1));
  EXPECT_EQ(target.get("t", key(2)), item(2, 1));
  time.run(carrier.drain());
}

TEST_F(replicator_test, fails_only_within_the_time_that_it_is_given) {
  auto carrier = make({.delay_min = 1s, .delay_max = 1s, .lost = 1});
  carrier.fail_only_within(time.now() + 10s, time.now() + 20s);
  for (int number = 0; number < 3; ++number) {
    source.put("t", item(number, 1));
    time.run_for(12s);
  }
  EXPECT_TRUE(target.get("t", key(0)));
  EXPECT_FALSE(target.get("t", key(1)));
  EXPECT_TRUE(target.get("t", key(2)));
  time.run(carrier.drain());
}

TEST_F(replicator_test, alters_the_attribute_it_is_told_to_and_no_other) {
  auto carrier = make({.delay_min = 1s, .delay_max = 1s, .altered = 1, .alters = "tags"});
  source.put("t", item(1, 1));
  time.run_for(2s);
  const auto arrived = target.get("t", key(1));
  ASSERT_TRUE(arrived);
  EXPECT_NE(arrived->find(R"("v":{"N":"1"})"), std::string::npos);
  EXPECT_NE(arrived->find("altered-"), std::string::npos);
  time.run(carrier.drain());
}

TEST_F(replicator_test, listens_to_a_source_that_was_created_anew) {
  auto carrier = make({.delay_min = 1s, .delay_max = 1s});
  source.delete_table("t");
  source.create_table("t", schema);
  carrier.listen();
  source.put("t", item(1, 1));
  time.run_for(2s);
  EXPECT_TRUE(target.get("t", key(1)));
  time.run(carrier.drain());
}

TEST_F(replicator_test, applies_each_change_after_its_delay) {
  auto carrier = make({.delay_min = 1s, .delay_max = 1s});
  source.put("t", item(1, 1));
  time.run_for(999ms);
  EXPECT_FALSE(target.get("t", key(1)));
  time.run_for(1ms);
  EXPECT_EQ(target.get("t", key(1)), item(1, 1));
  source.remove("t", key(1));
  time.run(carrier.drain());
  EXPECT_FALSE(target.get("t", key(1)));
}

TEST_F(replicator_test, leaves_equal_tables_without_faults_even_when_it_replays) {
  auto carrier = make({.replayed = 0.3});
  write_traffic();
  time.run(carrier.drain());
  EXPECT_TRUE(carrier.planted().empty());
  EXPECT_TRUE(present_differences().empty());
}

TEST_F(replicator_test, a_replay_gives_way_to_a_later_change_with_an_earlier_value) {
  auto carrier = make({.delay_min = 1ms, .delay_max = 1ms, .replayed = 1});
  for (int number = 0; number < 50; ++number) {
    for (const int version : {1, 2, 1}) {
      source.put("t", item(number, version));
      time.run_for(700ms);
    }
    source.remove("t", key(number));
  }
  time.run(carrier.drain());
  EXPECT_TRUE(present_differences().empty());
}

TEST_F(replicator_test, respelled_items_are_equal_in_other_words) {
  auto carrier = make({.respell = true});
  source.put("t", item(1, 1));
  time.run(carrier.drain());
  EXPECT_THAT(*target.get("t", key(1)), testing::HasSubstr("1.0"));
  EXPECT_TRUE(present_differences().empty());
}

TEST_F(replicator_test, every_difference_is_a_planted_defect_and_the_other_way_round) {
  auto carrier = make({.lost = 0.05,
                       .lost_delete = 0.2,
                       .altered = 0.05,
                       .stale = 0.05,
                       .unexpected = 0.01,
                       .replayed = 0.1});
  write_traffic();
  time.run(carrier.drain());
  auto open = carrier.open_defects();
  const auto found = present_differences();
  EXPECT_EQ(found.size(), open.size());
  std::map<defect_kind, int> kinds;
  for (const auto& difference : found) {
    ASSERT_TRUE(open.contains(difference.key_json)) << difference.key_json;
    ++kinds[open[difference.key_json]];
  }
  EXPECT_EQ(kinds.size(), 5) << "each kind occurs";
}

TEST_F(replicator_test, a_later_change_mends_a_defect) {
  auto carrier = make({.lost = 1});
  source.put("t", item(1, 1));
  EXPECT_EQ(carrier.open_defects().size(), 1);
  target.put("t", item(1, 1));
  EXPECT_TRUE(carrier.open_defects().empty());
  EXPECT_EQ(carrier.planted().size(), 1);
}

TEST_F(replicator_test, a_stall_holds_everything_back_and_a_bounded_pace_leaves_a_backlog) {
  auto carrier = make({.delay_min = 1ms, .delay_max = 1ms, .changes_per_second_max = 10});
  carrier.stall(time.now(), time.now() + 1h);
  for (int number = 0; number < 100; ++number) {
    source.put("t", item(number, 1));
  }
  time.run_for(1h - 1ms);
  EXPECT_EQ(target.table("t").item_count(), 0);
  time.run_for(5s);
  EXPECT_NEAR(static_cast<double>(target.table("t").item_count()), 50, 2);
  time.run(carrier.drain());
  EXPECT_EQ(target.table("t").item_count(), 100);
}

TEST_F(replicator_test, changes_wait_for_a_target_that_is_still_to_come) {
  target.delete_table("t");
  auto carrier = make({});
  source.put("t", item(1, 1));
  time.run_for(1min);
  target.create_table("t", schema);
  time.run(carrier.drain());
  EXPECT_TRUE(target.get("t", key(1)));
}

TEST_F(replicator_test, copies_what_was_there_and_stops_listening_when_stopped) {
  source.put("t", item(1, 1));
  auto carrier = make({});
  carrier.copy_existing();
  EXPECT_TRUE(target.get("t", key(1)));
  time.run(carrier.stop());
  source.put("t", item(2, 1));
  EXPECT_EQ(carrier.in_flight(), 0);
}

}  // namespace
}  // namespace ddm::support
