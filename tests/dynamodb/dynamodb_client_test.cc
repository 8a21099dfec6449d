#include "dynamodb/dynamodb_client.h"

#include "dynamodb/scripted_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::dynamodb {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class dynamodb_calls : public testing::Test {
 protected:
  scripted<dynamodb_client> script_;
  table_name table_{"orders"};
};

TEST_F(dynamodb_calls, describe_table_maps_what_checking_needs) {
  script_.transport.answer(R"({"Table":{"TableName":"orders","TableArn":"arn:t","TableId":"id-1",
    "TableStatus":"ACTIVE","ItemCount":30000000,"TableSizeBytes":4096,
    "CreationDateTime":1.795702492398E9,
    "AttributeDefinitions":[{"AttributeName":"at","AttributeType":"N"},
      {"AttributeName":"gsi","AttributeType":"B"},{"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"at","KeyType":"RANGE"}],
    "ProvisionedThroughput":{"ReadCapacityUnits":20,"WriteCapacityUnits":10},
    "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},
    "LatestStreamArn":"arn:s"}})");
  const auto table = script_.run(script_.client.describe_table(table_));
  ASSERT_TRUE(table.has_value()) << table.error().message;
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.DescribeTable");
  EXPECT_EQ(script_.sent(), json::parse(R"({"TableName":"orders"})"));
  EXPECT_EQ(table->name, "orders");
  EXPECT_EQ(table->arn, "arn:t");
  EXPECT_EQ(table->id, "id-1");
  EXPECT_EQ(table->created, from_ms(1'795'702'492'398));
  EXPECT_EQ(table->status, table_status::active);
  EXPECT_EQ(table->schema.describe(), "id (S), at (N)");
  EXPECT_EQ(table->item_count, 30'000'000);
  EXPECT_EQ(table->size_bytes, 4096);
  EXPECT_FALSE(table->on_demand);
  EXPECT_DOUBLE_EQ(table->provisioned_rcu, 20);
  EXPECT_DOUBLE_EQ(table->provisioned_wcu, 10);
  EXPECT_TRUE(table->stream.enabled);
  EXPECT_EQ(table->stream.view_type, "NEW_AND_OLD_IMAGES");
  EXPECT_EQ(table->latest_stream_arn, stream_arn("arn:s"));
}

TEST_F(dynamodb_calls, describe_table_refuses_a_key_name_that_no_table_has) {
  const auto described = [this](std::size_t bytes) {
    const std::string name(bytes, 'k');
    script_.transport.answer(R"({"Table":{"TableName":"orders","TableStatus":"ACTIVE",
        "AttributeDefinitions":[{"AttributeName":")" +
                             name + R"(","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":")" +
                             name + R"(","KeyType":"HASH"}]}})");
    return script_.run(script_.client.describe_table(table_));
  };
  EXPECT_TRUE(described(255));
  ASSERT_FALSE(described(256));
}

TEST_F(dynamodb_calls, describe_table_of_a_bare_on_demand_table) {
  script_.transport.answer(R"({"Table":{"TableName":"orders","TableStatus":"ARCHIVED",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"B"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
    "BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"}}})");
  const auto table = script_.run(script_.client.describe_table(table_));
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->status, table_status::other);
  EXPECT_EQ(table->status_text, "ARCHIVED");
  EXPECT_EQ(table->schema, (key_schema{{"id", key_type::binary}, std::nullopt}));
  EXPECT_TRUE(table->on_demand);
  EXPECT_FALSE(table->latest_stream_arn.has_value());
  EXPECT_FALSE(table->created.has_value());
}

TEST_F(dynamodb_calls, an_answer_that_is_no_table_is_an_error) {
  for (const std::string_view body :
       {R"({})", R"({"Table":[]})", R"({"Table":{"TableName":"t","TableStatus":"ACTIVE"}})",
        R"({"Table":{"TableName":"t","TableStatus":"ACTIVE",
            "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}})"}) {
    script_.transport.answer(body);
    const auto table = script_.run(script_.client.describe_table(table_));
    ASSERT_FALSE(table.has_value()) << body;
    EXPECT_EQ(table.error().kind, error_class::fatal);
    EXPECT_THAT(table.error().message, HasSubstr("DescribeTable"));
  }
  script_.transport.answer("<html>");
  EXPECT_EQ(script_.run(script_.client.describe_table(table_)).error().kind, error_class::retry);
}

TEST_F(dynamodb_calls, errors_of_the_service_come_through) {
  script_.transport.answer(R"({"__type":"x#ResourceNotFoundException","message":"no such table"})",
                           400);
  const auto table = script_.run(script_.client.describe_table(table_));
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().kind, error_class::not_found);
}

TEST_F(dynamodb_calls, list_tables_gives_a_page_and_where_the_next_one_begins) {
  script_.transport.answer(R"({"TableNames":["a","b"],"LastEvaluatedTableName":"b"})");
  const auto page = script_.run(script_.client.list_tables(std::nullopt));
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.ListTables");
  EXPECT_EQ(script_.sent(), json::object());
  EXPECT_THAT(page->names, ElementsAre("a", "b"));
  EXPECT_EQ(page->last, "b");
  script_.transport.answer(R"({"TableNames":["c"]})");
  const auto next = script_.run(script_.client.list_tables(page->last));
  EXPECT_EQ(script_.sent(), json::parse(R"({"ExclusiveStartTableName":"b"})"));
  EXPECT_EQ(next->last, std::nullopt);
  script_.transport.answer(R"({"TableNames":[1]})");
  EXPECT_FALSE(script_.run(script_.client.list_tables(std::nullopt)));
}

TEST_F(dynamodb_calls, the_ttl_attribute_is_known_when_ttl_is_on) {
  const auto ttl = [this](std::string_view body, int status = 200) {
    script_.transport.answer(body, status);
    return script_.run(script_.client.describe_time_to_live(table_)).value();
  };
  EXPECT_EQ(
      ttl(R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"exp"}})"),
      "exp");
  EXPECT_EQ(
      ttl(R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLING","AttributeName":"exp"}})"),
      "exp");
  EXPECT_EQ(ttl(R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})"), std::nullopt);
  EXPECT_EQ(ttl(R"({"__type":"com.amazon.coral.service#UnknownOperationException"})", 400),
            std::nullopt);
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.DescribeTimeToLive");
}

TEST_F(dynamodb_calls, batch_get_item_joins_the_keys_and_asks_for_the_price) {
  script_.transport.answer(R"({"Responses":{}})");
  const auto body = script_.run(script_.client.batch_get_item(
      table_name("or\"ders"), {R"({"id":{"S":"a"}})", R"({"id":{"S":"b"}})"}, true));
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->view(), R"({"Responses":{}})");
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.BatchGetItem");
  EXPECT_EQ(script_.sent(), json::parse(R"({"RequestItems":{"or\"ders":{"ConsistentRead":true,
      "Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}},"ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(dynamodb_calls, get_item_returns_the_item_as_it_was_sent) {
  script_.transport.answer(
      R"({"ConsumedCapacity":{"CapacityUnits":1}, "Item" : {"id":{"S":"a"}, "n":{"N":"1.0"}} })");
  const auto item = script_.run(script_.client.get_item(table_, R"({"id":{"S":"a"}})", true));
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(*item, R"({"id":{"S":"a"}, "n":{"N":"1.0"}})");
  EXPECT_EQ(script_.sent(),
            json::parse(R"({"TableName":"orders","Key":{"id":{"S":"a"}},"ConsistentRead":true,
                            "ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(dynamodb_calls, get_item_of_an_absent_item_is_nothing_and_damage_is_an_error) {
  const auto get = [this](std::string_view body) {
    script_.transport.answer(body);
    return script_.run(script_.client.get_item(table_, R"({"id":{"S":"a"}})", false));
  };
  EXPECT_EQ(get("{}").value(), std::nullopt);
  EXPECT_EQ(get(R"({"Item":null})").value(), std::nullopt);
  EXPECT_EQ(get(R"({"Item":{"id":{"S":"a"}})").error().kind, error_class::retry);
  EXPECT_FALSE(get("").has_value());
  EXPECT_FALSE(get(R"({"Item":[]})").has_value());
}

TEST_F(dynamodb_calls, get_item_takes_no_item_of_another_key_for_an_answer) {
  const auto get = [this](std::string_view body) {
    script_.transport.answer(body);
    return script_.run(script_.client.get_item(table_, R"({"id":{"N":"1"},"at":{"S":"x"}})", true));
  };
  for (const auto* const other :
       {R"({"Item":{"id":{"N":"2"},"at":{"S":"x"}}})",
        R"({"Item":{"id":{"N":"1"},"at":{"S":"y"}}})",
        R"({"Item":{"id":{"S":"1"},"at":{"S":"x"}}})", R"({"Item":{"id":{"N":"1"}}})"}) {
    const auto item = get(other);
    ASSERT_FALSE(item.has_value()) << other;
    EXPECT_EQ(item.error().kind, error_class::retry);
    EXPECT_THAT(item.error().message, HasSubstr("another key"));
  }
  EXPECT_TRUE(get(R"({"Item":{"at":{"S":"x"},"id":{"N":"1.0"},"v":{"N":"7"}}})").value());
}

TEST_F(dynamodb_calls, scan_names_its_segment_and_start) {
  script_.transport.answer(R"({"Items":[],"Count":0})");
  ASSERT_TRUE(script_
                  .run(script_.client.scan({.table = table_,
                                            .segment = 3,
                                            .total_segments = 8,
                                            .exclusive_start_key = R"({"id":{"S":"a"}})",
                                            .limit = 5,
                                            .consistent_read = true}))
                  .has_value());
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.Scan");
  EXPECT_EQ(script_.sent(), json::parse(R"({"TableName":"orders","Segment":3,"TotalSegments":8,
      "ExclusiveStartKey":{"id":{"S":"a"}},"Limit":5,"ConsistentRead":true,
      "ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(dynamodb_calls, put_and_delete_send_the_documents) {
  script_.transport.answer("{}");
  script_.transport.answer("{}");
  EXPECT_TRUE(script_.run(script_.client.put_item(table_, R"({"id":{"S":"a"}})")).has_value());
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.PutItem");
  EXPECT_EQ(script_.sent(), json::parse(R"({"TableName":"orders","Item":{"id":{"S":"a"}}})"));
  EXPECT_TRUE(script_.run(script_.client.delete_item(table_, R"({"id":{"S":"a"}})")).has_value());
  EXPECT_EQ(script_.target(), "DynamoDB_20120810.DeleteItem");
  EXPECT_EQ(script_.sent(), json::parse(R"({"TableName":"orders","Key":{"id":{"S":"a"}}})"));
}

TEST_F(dynamodb_calls, batch_write_item_returns_what_was_left) {
  script_.transport.answer(R"({"UnprocessedItems":{"orders":[
      {"PutRequest":{"Item":{"id":{"S":"b"}}}},{"DeleteRequest":{"Key":{"id":{"S":"c"}}}}]}})");
  const auto left = script_.run(script_.client.batch_write_item(
      table_, {.put_items = {R"({"id":{"S":"a"}})", R"({"id":{"S":"b"}})"},
               .delete_keys = {R"({"id":{"S":"c"}})"}}));
  ASSERT_TRUE(left.has_value());
  EXPECT_THAT(left->put_items, ElementsAre(R"({"id":{"S":"b"}})"));
  EXPECT_THAT(left->delete_keys, ElementsAre(R"({"id":{"S":"c"}})"));
  EXPECT_EQ(script_.sent(), json::parse(R"({"RequestItems":{"orders":[
      {"PutRequest":{"Item":{"id":{"S":"a"}}}},{"PutRequest":{"Item":{"id":{"S":"b"}}}},
      {"DeleteRequest":{"Key":{"id":{"S":"c"}}}}]}})"));
}

}  // namespace
}  // namespace ddm::dynamodb
