#include "dynamodb/streams_client.h"

#include "dynamodb/scripted_transport.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::dynamodb {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class streams_calls : public testing::Test {
 protected:
  void answer_shards(std::string_view shards, std::string_view last = {}) {
    script_.transport.answer(fmt::format(
        R"({{"StreamDescription":{{"StreamStatus":"ENABLED","StreamViewType":"KEYS_ONLY",)"
        R"("TableName":"orders","Shards":[{}]{}}}}})",
        shards, last.empty() ? "" : fmt::format(R"(,"LastEvaluatedShardId":"{}")", last)));
  }
  static std::string shard(std::string_view id, std::string_view parent) {
    return fmt::format(R"({{"ShardId":"{}","ParentShardId":"{}","SequenceNumberRange":)"
                       R"({{"StartingSequenceNumber":"1"}}}})",
                       id, parent);
  }

  scripted<streams_client> script_;
  stream_arn stream_{"arn:s"};
};

TEST_F(streams_calls, describe_stream_maps_shards_and_their_ranges) {
  answer_shards(R"({"ShardId":"a","SequenceNumberRange":{"StartingSequenceNumber":"0010",
                    "EndingSequenceNumber":"99"}},)" +
                    shard("b", "a"),
                "b");
  const auto page = script_.run(script_.client.describe_stream(stream_, shard_id("z")));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(script_.target(), "DynamoDBStreams_20120810.DescribeStream");
  EXPECT_EQ(script_.sent(),
            json::parse(R"({"StreamArn":"arn:s","Limit":100,"ExclusiveStartShardId":"z"})"));
  EXPECT_EQ(page->status, stream_status::enabled);
  EXPECT_EQ(page->view_type, "KEYS_ONLY");
  EXPECT_EQ(page->table, "orders");
  EXPECT_EQ(page->last_evaluated, shard_id("b"));
  ASSERT_EQ(page->shards.size(), 2);
  EXPECT_FALSE(page->shards[0].open());
  EXPECT_FALSE(page->shards[0].parent.has_value());
  EXPECT_EQ(page->shards[0].starting.str(), "0010");
  EXPECT_EQ(page->shards[0].ending->str(), "99");
  EXPECT_TRUE(page->shards[1].open());
  EXPECT_EQ(page->shards[1].parent, shard_id("a"));
}

TEST_F(streams_calls, a_stream_that_is_being_enabled_has_no_shards) {
  script_.transport.answer(R"({"StreamDescription":{"StreamStatus":"ENABLING"}})");
  const auto page = script_.run(script_.client.describe_stream(stream_));
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->status, stream_status::enabling);
  EXPECT_TRUE(page->shards.empty());
  EXPECT_FALSE(page->last_evaluated.has_value());
}

TEST_F(streams_calls, a_listing_that_makes_no_sense_is_an_error) {
  for (const std::string_view body :
       {R"({})", R"({"StreamDescription":{"StreamStatus":"MAYBE"}})",
        R"({"StreamDescription":{"StreamStatus":"ENABLED","Shards":[{}]}})",
        R"({"StreamDescription":{"StreamStatus":"ENABLED","Shards":[{"ShardId":"a",
            "SequenceNumberRange":{"StartingSequenceNumber":"x"}}]}})"}) {
    script_.transport.answer(body);
    const auto page = script_.run(script_.client.describe_stream(stream_));
    ASSERT_FALSE(page.has_value()) << body;
    EXPECT_THAT(page.error().message, HasSubstr("DescribeStream"));
  }
}

TEST_F(streams_calls, children_are_asked_for_with_a_filter) {
  answer_shards(shard("b", "a") + "," + shard("c", "a"));
  const auto page = script_.run(script_.client.describe_children(stream_, shard_id("a")));
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->shards.size(), 2);
  EXPECT_EQ(script_.sent(), json::parse(R"({"StreamArn":"arn:s","Limit":100,
      "ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"a"}})"));
}

TEST_F(streams_calls, children_are_found_where_the_filter_is_ignored) {
  answer_shards(shard("a", "0") + "," + shard("b", "a"), "b");
  answer_shards(shard("c", "b") + "," + shard("d", "a"));
  const auto page = script_.run(script_.client.describe_children(stream_, shard_id("a")));
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->shards.size(), 2);
  EXPECT_EQ(page->shards[0].id, shard_id("b"));
  EXPECT_EQ(page->shards[1].id, shard_id("d"));
  EXPECT_EQ(script_.sent()["ExclusiveStartShardId"], "b");
}

TEST_F(streams_calls, children_are_found_where_the_filter_is_refused) {
  script_.transport.answer(R"({"__type":"x#ValidationException","message":"ShardFilter?"})", 400);
  answer_shards(shard("a", "0") + "," + shard("b", "a"));
  const auto page = script_.run(script_.client.describe_children(stream_, shard_id("a")));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->shards.size(), 1);
  EXPECT_FALSE(script_.sent().contains("ShardFilter"));

  answer_shards("");
  EXPECT_TRUE(script_.run(script_.client.describe_children(stream_, shard_id("a"))).has_value());
  EXPECT_FALSE(script_.sent().contains("ShardFilter")) << "one refusal is enough";
}

TEST_F(streams_calls, other_errors_of_a_filtered_listing_come_through) {
  script_.transport.answer(R"({"__type":"x#ResourceNotFoundException"})", 400);
  const auto page = script_.run(script_.client.describe_children(stream_, shard_id("a")));
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().kind, error_class::not_found);
  EXPECT_EQ(script_.transport.requests().size(), 1);
}

TEST_F(streams_calls, an_iterator_is_asked_for_at_each_kind_of_position) {
  const auto sent = [this](iterator_position position) {
    script_.transport.answer(R"({"ShardIterator":"i|1"})");
    const auto iterator =
        script_.run(script_.client.get_shard_iterator(stream_, shard_id("a"), position));
    EXPECT_EQ(iterator.value(), shard_iterator("i|1"));
    return script_.sent();
  };
  const auto number = sequence_number::parse("0012").value();
  EXPECT_EQ(
      sent(iterator_position::trim_horizon()),
      json::parse(R"({"StreamArn":"arn:s","ShardId":"a","ShardIteratorType":"TRIM_HORIZON"})"));
  EXPECT_EQ(sent(iterator_position::latest())["ShardIteratorType"], "LATEST");
  EXPECT_EQ(sent(iterator_position::at(number))["ShardIteratorType"], "AT_SEQUENCE_NUMBER");
  EXPECT_EQ(sent(iterator_position::after(number)),
            json::parse(R"({"StreamArn":"arn:s","ShardId":"a","SequenceNumber":"0012",
                            "ShardIteratorType":"AFTER_SEQUENCE_NUMBER"})"));
  script_.transport.answer("{}");
  EXPECT_FALSE(script_
                   .run(script_.client.get_shard_iterator(stream_, shard_id("a"),
                                                          iterator_position::latest()))
                   .has_value());
}

TEST_F(streams_calls, get_records_hands_over_the_body_and_the_time_of_the_server) {
  script_.transport.answer(R"({"Records":[]})");
  const auto answer = script_.run(script_.client.get_records(shard_iterator("i"), 1000));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body.view(), R"({"Records":[]})");
  EXPECT_EQ(answer->server_time, from_ms(1'700'000'000'000));
  EXPECT_EQ(script_.target(), "DynamoDBStreams_20120810.GetRecords");
  EXPECT_EQ(script_.sent(), json::parse(R"({"ShardIterator":"i","Limit":1000})"));
}

}  // namespace
}  // namespace ddm::dynamodb
