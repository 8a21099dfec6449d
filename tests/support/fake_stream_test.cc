#include "support/fake_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ddm::support {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = std::nullopt};

std::string item(const std::string& key, const std::string& number) {
  return R"({"pk":{"S":")" + key + R"("},"n":{"N":")" + number + R"("}})";
}
std::string key(const std::string& key) { return R"({"pk":{"S":")" + key + R"("}})"; }

struct fake_stream_test : testing::Test {
  fake_stream_test() { account.create_table("t", schema, "NEW_AND_OLD_IMAGES"); }

  std::string arn() { return account.table("t").stream_arn.value(); }
  fake_stream& stream() { return account.stream("t"); }
  std::string only_shard() { return stream().open_shards().at(0); }

  json describe(json more = json::object()) {
    more["StreamArn"] = arn();
    return client.call("DescribeStream", more).at("StreamDescription");
  }
  json iterator_request(const std::string& shard, const std::string& type,
                        const std::string& sequence = "") {
    json request{{"StreamArn", arn()}, {"ShardId", shard}, {"ShardIteratorType", type}};
    if (!sequence.empty()) {
      request["SequenceNumber"] = sequence;
    }
    return request;
  }
  std::string iterator(const std::string& shard, const std::string& type,
                       const std::string& sequence = "") {
    return client.call("GetShardIterator", iterator_request(shard, type, sequence))
        .at("ShardIterator");
  }
  json records(const std::string& from, std::size_t limit = 1000) {
    return client.call("GetRecords", {{"ShardIterator", from}, {"Limit", limit}});
  }
  json all_of(const std::string& shard) {
    return records(iterator(shard, "TRIM_HORIZON")).at("Records");
  }

  simulated_clock time;
  fake_dynamodb account{time};
  fake_client client{time, account};
};

TEST_F(fake_stream_test, shows_inserts_changes_and_removals_with_both_images) {
  account.put("t", item("a", "1"));
  account.put("t", item("a", "2"));
  account.remove("t", key("a"));
  const auto seen = all_of(only_shard());
  ASSERT_EQ(seen.size(), 3);
  EXPECT_EQ(seen[0]["eventName"], "INSERT");
  EXPECT_FALSE(seen[0]["dynamodb"].contains("OldImage"));
  EXPECT_EQ(seen[1]["eventName"], "MODIFY");
  EXPECT_EQ(seen[1]["dynamodb"]["OldImage"]["n"]["N"], "1");
  EXPECT_EQ(seen[1]["dynamodb"]["NewImage"]["n"]["N"], "2");
  EXPECT_EQ(seen[2]["eventName"], "REMOVE");
  EXPECT_FALSE(seen[2]["dynamodb"].contains("NewImage"));
  EXPECT_EQ(seen[2]["dynamodb"]["Keys"], json::parse(key("a")));
  EXPECT_FALSE(seen[2].contains("userIdentity"));
}

TEST_F(fake_stream_test, view_types_show_what_they_say) {
  for (const auto& [view_type, has_new, has_old] :
       {std::tuple{"KEYS_ONLY", false, false}, std::tuple{"NEW_IMAGE", true, false},
        std::tuple{"OLD_IMAGE", false, true}}) {
    account.disable_stream("t");
    account.enable_stream("t", view_type);
    account.put("t", item("a", view_type == std::string("KEYS_ONLY") ? "1" : "2"));
    account.put("t", item("a", "3"));
    const auto change = all_of(only_shard()).back()["dynamodb"];
    EXPECT_EQ(change.contains("NewImage"), has_new) << view_type;
    EXPECT_EQ(change.contains("OldImage"), has_old) << view_type;
    EXPECT_EQ(change["StreamViewType"], view_type);
  }
}

TEST_F(fake_stream_test, a_write_that_changes_nothing_leaves_no_record) {
  account.put("t", R"({"pk":{"S":"a"},"n":{"N":"10"},"s":{"SS":["x","y"]},"m":{"M":{}}})");
  account.put("t", R"({"m":{"M":{}},"s":{"SS":["y","x"]},"pk":{"S":"a"},"n":{"N":"1.0E1"}})");
  account.remove("t", key("absent"));
  EXPECT_EQ(all_of(only_shard()).size(), 1);
}

TEST_F(fake_stream_test, sequence_numbers_grow_across_the_change_of_their_length) {
  fake_dynamodb late(time, {.first_sequence_number = "999999999999999999990"});
  late.create_table("t", schema, "KEYS_ONLY");
  const auto before = late.stream("t").find(late.stream("t").open_shards().at(0))->starting;
  late.put("t", item("a", "1"));
  const auto after = late.stream("t").find(late.stream("t").open_shards().at(0))->last;
  EXPECT_GT(after, before);
  EXPECT_EQ(to_decimal(after).size(), 22);
}

TEST_F(fake_stream_test, creation_times_are_cut_to_the_unit) {
  time.run_for(61'500ms);
  account.put("t", item("a", "1"));
  const auto second = to_ms(time.now()) / 1000;
  const auto created = [this] {
    return all_of(only_shard())[0]["dynamodb"]["ApproximateCreationDateTime"].get<double>();
  };
  EXPECT_EQ(created(), second);
  stream().settings().creation_unit = 60s;
  EXPECT_EQ(created(), second - 1);
  account.settings().clock_skew = 2min;
  EXPECT_EQ(created(), second + 119);
}

TEST_F(fake_stream_test, ttl_deletes_bear_the_services_identity) {
  account.table("t").ttl_attribute = "n";
  account.put("t", item("a", std::to_string(to_ms(time.now()) / 1000 + 60)));
  EXPECT_EQ(account.table("t").expire_items(time.now()), 0);
  time.run_for(2min);
  EXPECT_EQ(account.table("t").expire_items(time.now()), 1);
  const auto last = all_of(only_shard()).back();
  EXPECT_EQ(last["eventName"], "REMOVE");
  EXPECT_EQ(last["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
  EXPECT_EQ(last["userIdentity"]["type"], "Service");
}

TEST_F(fake_stream_test, a_split_closes_the_parent_and_shares_its_keys_between_two_children) {
  account.put("t", item("a", "1"));
  const auto parent = only_shard();
  const auto children = stream().split(parent, time.now());
  for (int i = 0; i < 50; ++i) {
    account.put("t", item("k" + std::to_string(i), "1"));
  }
  const auto shards = describe()["Shards"];
  ASSERT_EQ(shards.size(), 3);
  EXPECT_TRUE(shards[0]["SequenceNumberRange"].contains("EndingSequenceNumber"));
  EXPECT_FALSE(shards[0].contains("ParentShardId"));
  EXPECT_EQ(shards[1]["ParentShardId"], parent);
  EXPECT_FALSE(shards[1]["SequenceNumberRange"].contains("EndingSequenceNumber"));
  const auto left = all_of(children[0]).size();
  const auto right = all_of(children[1]).size();
  EXPECT_EQ(left + right, 50);
  EXPECT_GT(left, 5);
  EXPECT_GT(right, 5);
}

TEST_F(fake_stream_test, the_last_page_carries_records_and_no_next_iterator) {
  account.put("t", item("a", "1"));
  const auto shard = only_shard();
  const auto at_start = iterator(shard, "TRIM_HORIZON");
  const auto open_page = records(at_start);
  EXPECT_EQ(open_page["Records"].size(), 1);
  const std::string at_end = open_page["NextShardIterator"];
  EXPECT_TRUE(records(at_end)["Records"].empty());
  stream().roll_over(shard, time.now());
  const auto last_page = records(at_start);
  EXPECT_EQ(last_page["Records"].size(), 1);
  EXPECT_FALSE(last_page.contains("NextShardIterator"));
  EXPECT_FALSE(records(at_end).contains("NextShardIterator"));
}

TEST_F(fake_stream_test, shards_roll_over_by_themselves) {
  fake_options options;
  options.stream.shard_lifetime = 4h;
  fake_dynamodb rolling(time, options);
  rolling.create_table("t", schema, "KEYS_ONLY");
  const auto first = rolling.stream("t").open_shards();
  time.run_for(4h);
  rolling.put("t", item("a", "1"));
  const auto second = rolling.stream("t").open_shards();
  EXPECT_NE(first, second);
  EXPECT_EQ(rolling.stream("t").find(second.at(0))->parent, first.at(0));
}

TEST_F(fake_stream_test, children_may_show_late_and_parents_look_open_for_a_while) {
  stream().settings().children_listed_after = 30s;
  stream().settings().parent_listed_open_for = 10s;
  const auto parent = only_shard();
  stream().split(parent, time.now());
  const auto children = [&] {
    return describe({{"ShardFilter", {{"Type", "CHILD_SHARDS"}, {"ShardId", parent}}}})["Shards"]
        .size();
  };
  const auto listed_open = [&] {
    return !describe()["Shards"][0]["SequenceNumberRange"].contains("EndingSequenceNumber");
  };
  EXPECT_TRUE(listed_open());
  time.run_for(20s);
  EXPECT_FALSE(listed_open());
  EXPECT_EQ(children(), 0);
  time.run_for(20s);
  EXPECT_EQ(children(), 2);
}

TEST_F(fake_stream_test, a_stream_that_is_being_enabled_has_no_shards_yet) {
  account.disable_stream("t");
  account.settings().stream.enabling_takes = 10s;
  account.enable_stream("t", "KEYS_ONLY");
  EXPECT_EQ(describe()["StreamStatus"], "ENABLING");
  EXPECT_TRUE(describe()["Shards"].empty());
  time.run_for(10s);
  EXPECT_EQ(describe()["StreamStatus"], "ENABLED");
  EXPECT_EQ(describe()["Shards"].size(), 1);
}

TEST_F(fake_stream_test, a_listing_has_pages_of_at_most_100_shards) {
  fake_options options;
  options.stream.shards = 250;
  fake_dynamodb wide(time, options);
  wide.create_table("t", schema, "KEYS_ONLY");
  fake_client reader(time, wide);
  std::set<std::string> seen;
  json request{{"StreamArn", wide.stream("t").names().arn}};
  int pages = 0;
  for (;;) {
    const auto page = reader.call("DescribeStream", request).at("StreamDescription");
    ++pages;
    for (const auto& shard : page["Shards"]) {
      seen.insert(shard["ShardId"]);
    }
    if (!page.contains("LastEvaluatedShardId")) {
      break;
    }
    request["ExclusiveStartShardId"] = page["LastEvaluatedShardId"];
  }
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 250);
}

TEST_F(fake_stream_test, iterators_start_where_they_say) {
  for (int i = 1; i <= 4; ++i) {
    account.put("t", item("a", std::to_string(i)));
  }
  const auto shard = only_shard();
  const std::string second = all_of(shard)[1]["dynamodb"]["SequenceNumber"];
  const auto count = [&](const std::string& type, const std::string& number = "") {
    return records(iterator(shard, type, number))["Records"].size();
  };
  EXPECT_EQ(count("AT_SEQUENCE_NUMBER", second), 3);
  EXPECT_EQ(count("AFTER_SEQUENCE_NUMBER", second), 2);
  EXPECT_EQ(count("LATEST"), 0);
  stream().settings().latest_returns_older = 1;
  EXPECT_EQ(count("LATEST"), 1);
  EXPECT_EQ(client.refused("GetShardIterator", iterator_request(shard, "AT_SEQUENCE_NUMBER")),
            "ValidationException");
  EXPECT_EQ(client.refused("GetShardIterator", iterator_request(shard, "LATEST", second)),
            "ValidationException");
}

TEST_F(fake_stream_test, pages_end_at_the_limit_and_at_one_megabyte) {
  const std::string large(300'000, 'x');
  for (int i = 0; i < 5; ++i) {
    account.put("t",
                R"({"pk":{"S":"k)" + std::to_string(i) + R"("},"v":{"S":")" + large + R"("}})");
  }
  const auto start = iterator(only_shard(), "TRIM_HORIZON");
  EXPECT_EQ(records(start, 2)["Records"].size(), 2);
  const auto page = records(start);
  EXPECT_EQ(page["Records"].size(), 3);
  EXPECT_EQ(records(page["NextShardIterator"])["Records"].size(), 2);
}

TEST_F(fake_stream_test, empty_pages_lose_nothing) {
  stream().settings().empty_page_rate = 0.5;
  for (int i = 0; i < 20; ++i) {
    account.put("t", item("a", std::to_string(i)));
  }
  auto at = iterator(only_shard(), "TRIM_HORIZON");
  std::size_t seen = 0;
  int empty = 0;
  while (seen < 20) {
    const auto page = records(at, 1);
    seen += page["Records"].size();
    empty += page["Records"].empty() ? 1 : 0;
    at = page["NextShardIterator"];
  }
  EXPECT_GT(empty, 3);
}

TEST_F(fake_stream_test, iterators_expire_after_15_minutes_or_on_demand) {
  const auto at = iterator(only_shard(), "TRIM_HORIZON");
  time.run_for(14min);
  EXPECT_EQ(client.refused("GetRecords", {{"ShardIterator", at}}), "");
  time.run_for(2min);
  EXPECT_EQ(client.refused("GetRecords", {{"ShardIterator", at}}), "ExpiredIteratorException");
  const auto fresh = iterator(only_shard(), "TRIM_HORIZON");
  stream().expire_iterators();
  EXPECT_EQ(client.refused("GetRecords", {{"ShardIterator", fresh}}), "ExpiredIteratorException");
}

TEST_F(fake_stream_test, data_leaves_after_24_hours) {
  account.put("t", item("a", "1"));
  const auto shard = only_shard();
  const std::string number = all_of(shard)[0]["dynamodb"]["SequenceNumber"];
  time.run_for(23h);
  account.put("t", item("a", "2"));
  EXPECT_EQ(all_of(shard).size(), 2);
  time.run_for(2h);
  EXPECT_EQ(all_of(shard).size(), 1);
  EXPECT_EQ(
      client.refused("GetShardIterator", iterator_request(shard, "AFTER_SEQUENCE_NUMBER", number)),
      "TrimmedDataAccessException");
}

TEST_F(fake_stream_test, an_iterator_before_trimmed_records_fails_and_one_behind_them_does_not) {
  account.put("t", item("a", "1"));
  const auto before = iterator(only_shard(), "TRIM_HORIZON");
  const std::string behind = records(before)["NextShardIterator"];
  stream().trim_shard(only_shard());
  EXPECT_EQ(client.refused("GetRecords", {{"ShardIterator", before}}),
            "TrimmedDataAccessException");
  EXPECT_EQ(client.refused("GetRecords", {{"ShardIterator", behind}}), "");
}

TEST_F(fake_stream_test, closed_shards_leave_the_listing_with_their_data) {
  const auto parent = only_shard();
  stream().split(parent, time.now());
  time.run_for(25h);
  const auto shards = describe()["Shards"];
  EXPECT_EQ(shards.size(), 2);
  EXPECT_EQ(shards[0]["ParentShardId"], parent);
  EXPECT_EQ(client.refused("GetShardIterator", iterator_request(parent, "TRIM_HORIZON")),
            "ResourceNotFoundException");
}

TEST_F(fake_stream_test, turning_it_off_and_on_gives_a_new_arn_and_leaves_the_old_one_readable) {
  account.put("t", item("a", "1"));
  const auto old_arn = arn();
  const auto old_shard = only_shard();
  const auto update = [this](json specification) {
    client.call("UpdateTable",
                {{"TableName", "t"}, {"StreamSpecification", std::move(specification)}});
  };
  update({{"StreamEnabled", false}});
  EXPECT_EQ(describe()["StreamStatus"], "DISABLED");
  EXPECT_EQ(client.call("DescribeTable", {{"TableName", "t"}})["Table"]["LatestStreamArn"],
            old_arn);
  account.put("t", item("a", "2"));
  update({{"StreamEnabled", true}, {"StreamViewType", "KEYS_ONLY"}});
  EXPECT_NE(arn(), old_arn);
  EXPECT_EQ(client.call("ListStreams", {{"TableName", "t"}})["Streams"].size(), 2);
  const std::string at = client
                             .call("GetShardIterator", {{"StreamArn", old_arn},
                                                        {"ShardId", old_shard},
                                                        {"ShardIteratorType", "TRIM_HORIZON"}})
                             .at("ShardIterator");
  EXPECT_EQ(records(at)["Records"].size(), 1);
  time.run_for(25h);
  EXPECT_EQ(client.refused("DescribeStream", {{"StreamArn", old_arn}}),
            "ResourceNotFoundException");
}

TEST_F(fake_stream_test, quotas_throttle_within_a_second) {
  account.settings().describe_stream_per_second = 10;
  account.settings().latency_min = account.settings().latency_max = 0ms;
  int throttled = 0;
  for (int i = 0; i < 15; ++i) {
    throttled += client.refused("DescribeStream", {{"StreamArn", arn()}}).empty() ? 0 : 1;
  }
  EXPECT_EQ(throttled, 5);
  time.run_for(1s);
  EXPECT_EQ(client.refused("DescribeStream", {{"StreamArn", arn()}}), "");
}

}  // namespace
}  // namespace ddm::support
