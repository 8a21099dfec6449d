#include "support/fake_dynamodb.h"

#include "support/fake_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <zlib.h>

namespace ddm::support {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = {{.name = "sk", .type = dynamodb::key_type::number}}};

json key(const std::string& partition, const std::string& sort) {
  return {{"pk", {{"S", partition}}}, {"sk", {{"N", sort}}}};
}
json item(const std::string& partition, const std::string& sort, const std::string& value) {
  auto made = key(partition, sort);
  made["v"] = {{"S", value}};
  return made;
}

std::uint32_t crc32_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct fake_dynamodb_test : testing::Test {
  fake_dynamodb_test() { account.create_table("t", schema); }

  json batch(const json& keys, bool consistent = false) {
    return {{"RequestItems", {{"t", {{"Keys", keys}, {"ConsistentRead", consistent}}}}},
            {"ReturnConsumedCapacity", "TOTAL"}};
  }
  void put(const json& whole) { account.put("t", whole.dump()); }

  simulated_clock time;
  fake_dynamodb account{time};
  fake_client client{time, account};
};

TEST(ordered_number, orders_as_numbers_do) {
  const std::vector<std::string> ascending{
      "-1E125", "-12.5", "-12", "-3", "-0.02", "-0.01", "0",   "1E-130", "0.01",     "0.2",
      "1",      "1.5",   "2",   "10", "12",    "100",   "1E3", "2E3",    "9.99E+125"};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(ordered_number(ascending[i - 1]), ordered_number(ascending[i])) << ascending[i];
  }
  EXPECT_EQ(ordered_number("10"), ordered_number("1.0e1"));
  EXPECT_EQ(ordered_number("0"), ordered_number("-0.00"));
  EXPECT_EQ(ordered_number("12x"), "");
  EXPECT_EQ(ordered_number("."), "");
}

TEST_F(fake_dynamodb_test, describes_a_table_that_the_api_created) {
  client.call("CreateTable",
              {{"TableName", "orders"},
               {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
               {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "B"}}}},
               {"BillingMode", "PROVISIONED"},
               {"ProvisionedThroughput", {{"ReadCapacityUnits", 10}, {"WriteCapacityUnits", 4}}},
               {"StreamSpecification",
                {{"StreamEnabled", true}, {"StreamViewType", "NEW_AND_OLD_IMAGES"}}}});
  const auto table = client.call("DescribeTable", {{"TableName", "orders"}}).at("Table");
  EXPECT_EQ(table["TableStatus"], "ACTIVE");
  EXPECT_EQ(table["KeySchema"][0]["AttributeName"], "id");
  EXPECT_EQ(table["AttributeDefinitions"][0]["AttributeType"], "B");
  EXPECT_EQ(table["ProvisionedThroughput"]["ReadCapacityUnits"], 10);
  EXPECT_EQ(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
  EXPECT_EQ(table["LatestStreamArn"], account.stream("orders").names().arn);
  EXPECT_EQ(client.refused(
                "CreateTable",
                {{"TableName", "t"},
                 {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
                 {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}}}),
            "ResourceInUseException");
  client.call("DeleteTable", {{"TableName", "orders"}});
  EXPECT_EQ(client.refused("DescribeTable", {{"TableName", "orders"}}),
            "ResourceNotFoundException");
}

TEST_F(fake_dynamodb_test, a_table_is_found_by_its_arn_and_not_by_a_foreign_one) {
  EXPECT_EQ(
      client.call("DescribeTable", {{"TableName", account.table_arn("t")}})["Table"]["TableName"],
      "t");
  EXPECT_EQ(client.refused("DescribeTable",
                           {{"TableName", "arn:aws:dynamodb:eu-west-1:999999999999:table/t"}}),
            "ResourceNotFoundException");
}

TEST_F(fake_dynamodb_test, a_table_in_creation_can_be_described_and_not_read) {
  account.settings().create_table_takes = 10s;
  account.create_table("imported", schema);
  EXPECT_EQ(client.call("DescribeTable", {{"TableName", "imported"}})["Table"]["TableStatus"],
            "CREATING");
  const json request{{"TableName", "imported"}, {"Key", key("a", "1")}};
  EXPECT_EQ(client.refused("GetItem", request), "ResourceNotFoundException");
  time.run_for(10s);
  EXPECT_EQ(client.refused("GetItem", request), "");
}

TEST_F(fake_dynamodb_test, time_to_live_is_switched_and_described) {
  const auto described = [this] {
    return client.call("DescribeTimeToLive", {{"TableName", "t"}})["TimeToLiveDescription"];
  };
  EXPECT_EQ(described()["TimeToLiveStatus"], "DISABLED");
  client.call("UpdateTimeToLive",
              {{"TableName", "t"},
               {"TimeToLiveSpecification", {{"Enabled", true}, {"AttributeName", "ttl"}}}});
  EXPECT_EQ(described()["AttributeName"], "ttl");
}

TEST_F(fake_dynamodb_test, items_are_put_got_and_deleted) {
  client.call("PutItem", {{"TableName", "t"}, {"Item", item("a", "1", "x")}});
  const json request{{"TableName", "t"}, {"Key", key("a", "1.0")}};
  EXPECT_EQ(client.call("GetItem", request)["Item"], item("a", "1", "x"));
  client.call("DeleteItem", request);
  EXPECT_FALSE(client.call("GetItem", request).contains("Item"));
}

TEST_F(fake_dynamodb_test, conditions_guard_writes) {
  json put{{"TableName", "t"},
           {"Item", item("a", "1", "x")},
           {"ConditionExpression", "attribute_not_exists(pk)"}};
  EXPECT_EQ(client.refused("PutItem", put), "");
  EXPECT_EQ(client.refused("PutItem", put), "ConditionalCheckFailedException");
  put["ConditionExpression"] = "attribute_exists(pk) AND #v = :v";
  put["ExpressionAttributeNames"] = {{"#v", "v"}};
  put["ExpressionAttributeValues"] = {{":v", {{"S", "other"}}}};
  EXPECT_EQ(client.refused("PutItem", put), "ConditionalCheckFailedException");
  put["ExpressionAttributeValues"] = {{":v", {{"S", "x"}}}};
  EXPECT_EQ(client.refused("PutItem", put), "");
  put["ConditionExpression"] = "size(v) > :v";
  EXPECT_EQ(client.refused("PutItem", put), "ValidationException");
}

TEST_F(fake_dynamodb_test, keys_must_fit_the_schema) {
  for (const auto& bad :
       {json{{"pk", {{"S", "a"}}}}, json{{"pk", {{"N", "1"}}}, {"sk", {{"N", "1"}}}},
        json{{"pk", {{"S", ""}}}, {"sk", {{"N", "1"}}}},
        json{{"pk", {{"S", "a"}}}, {"sk", {{"N", "x"}}}}, item("a", "1", "v")}) {
    EXPECT_EQ(client.refused("GetItem", {{"TableName", "t"}, {"Key", bad}}), "ValidationException")
        << bad;
  }
}

TEST_F(fake_dynamodb_test, a_batch_get_answers_what_exists_and_counts_capacity) {
  put(item("a", "1", std::string(5000, 'x')));
  put(item("b", "1", "x"));
  const auto answer =
      client.call("BatchGetItem", batch({key("a", "1"), key("b", "1"), key("absent", "1")}));
  EXPECT_EQ(answer["Responses"]["t"].size(), 2);
  EXPECT_TRUE(answer["UnprocessedKeys"].empty());
  EXPECT_EQ(answer["ConsumedCapacity"][0]["CapacityUnits"], 2.0);  // 1 + 0.5 + 0.5
  EXPECT_EQ(client.call("BatchGetItem", batch(json::array({key("a", "1")}),
                                              true))["ConsumedCapacity"][0]["CapacityUnits"],
            2.0);
  EXPECT_EQ(account.statistics().read_units, 4.0);
}

TEST_F(fake_dynamodb_test, a_batch_get_refuses_duplicates_by_value_and_too_many_keys) {
  EXPECT_EQ(client.refused("BatchGetItem", batch({key("a", "1"), key("a", "1.0")})),
            "ValidationException");
  json keys = json::array();
  for (int i = 0; i < 101; ++i) {
    keys.push_back(key("a", std::to_string(i)));
  }
  EXPECT_EQ(client.refused("BatchGetItem", batch(keys)), "ValidationException");
}

TEST_F(fake_dynamodb_test, a_batch_get_leaves_what_exceeds_its_sizes) {
  json spread = json::array();
  json one_partition = json::array();
  const std::string large(380UZ * 1024, 'x');
  for (int i = 0; i < 60; ++i) {
    put(item("p" + std::to_string(i), "1", large));
    spread.push_back(key("p" + std::to_string(i), "1"));
  }
  for (int i = 0; i < 4; ++i) {
    put(item("one", std::to_string(i), large));
    one_partition.push_back(key("one", std::to_string(i)));
  }
  const auto wide = client.call("BatchGetItem", batch(spread));
  EXPECT_EQ(wide["Responses"]["t"].size(), 43);
  EXPECT_EQ(wide["UnprocessedKeys"]["t"]["Keys"].size(), 17);
  EXPECT_EQ(client.call("BatchGetItem", batch(one_partition))["Responses"]["t"].size(), 2);
}

TEST_F(fake_dynamodb_test, batches_are_partial_on_demand) {
  account.plan_faults(fault_on("", {.type = fault::kind::partial_batch, .batch_answered_max = 2}));
  const json writes{{"RequestItems",
                     {{"t",
                       {{{"PutRequest", {{"Item", item("a", "1", "x")}}}},
                        {{"PutRequest", {{"Item", item("b", "1", "x")}}}},
                        {{"PutRequest", {{"Item", item("c", "1", "x")}}}}}}}}};
  EXPECT_EQ(client.call("BatchWriteItem", writes)["UnprocessedItems"]["t"].size(), 1);
  EXPECT_EQ(account.table("t").item_count(), 2);
  const auto read =
      client.call("BatchGetItem", batch({key("a", "1"), key("b", "1"), key("c", "1")}));
  EXPECT_EQ(read["Responses"]["t"].size(), 2);
  EXPECT_EQ(read["UnprocessedKeys"]["t"]["Keys"][0], key("c", "1"));
}

TEST_F(fake_dynamodb_test, batch_writes_put_and_delete) {
  put(item("old", "1", "x"));
  client.call("BatchWriteItem", {{"RequestItems",
                                  {{"t",
                                    {{{"PutRequest", {{"Item", item("new", "1", "x")}}}},
                                     {{"DeleteRequest", {{"Key", key("old", "1")}}}}}}}}});
  EXPECT_TRUE(account.get("t", key("new", "1").dump()));
  EXPECT_FALSE(account.get("t", key("old", "1").dump()));
}

TEST_F(fake_dynamodb_test, segments_of_a_scan_cover_the_table_once) {
  for (int i = 0; i < 300; ++i) {
    put(item("p" + std::to_string(i / 3), std::to_string(i % 3), "x"));
  }
  std::set<json> seen;
  std::size_t total = 0;
  for (int segment = 0; segment < 7; ++segment) {
    json request{{"TableName", "t"}, {"Segment", segment}, {"TotalSegments", 7}, {"Limit", 10}};
    for (;;) {
      const auto page = client.call("Scan", request);
      EXPECT_EQ(page["Count"], page["Items"].size());
      total += page["Items"].size();
      seen.insert(page["Items"].begin(), page["Items"].end());
      if (!page.contains("LastEvaluatedKey")) {
        break;
      }
      request["ExclusiveStartKey"] = page["LastEvaluatedKey"];
    }
  }
  EXPECT_EQ(total, 300);
  EXPECT_EQ(seen.size(), 300);
}

TEST_F(fake_dynamodb_test, a_scan_page_ends_at_one_megabyte_and_costs_by_its_sum) {
  for (int i = 0; i < 5; ++i) {
    put(item("p" + std::to_string(i), "1", std::string(300'000, 'x')));
  }
  const auto page = client.call("Scan", {{"TableName", "t"}, {"ReturnConsumedCapacity", "TOTAL"}});
  EXPECT_EQ(page["Items"].size(), 4);
  EXPECT_TRUE(page.contains("LastEvaluatedKey"));
  EXPECT_EQ(page["ConsumedCapacity"]["CapacityUnits"], 146.5);  // ceil(1.2 MB / 4 KB) / 2
  EXPECT_EQ(client.refused("Scan", {{"TableName", "t"}, {"FilterExpression", "v = :v"}}),
            "ValidationException");
}

TEST_F(fake_dynamodb_test, tables_with_another_salt_scan_in_another_order) {
  fake_dynamodb other(time, {.order_salt = 7});
  other.create_table("t", schema);
  for (int i = 0; i < 20; ++i) {
    const auto text = item("p" + std::to_string(i), "1", "x").dump();
    account.put("t", text);
    other.put("t", text);
  }
  fake_client reader(time, other);
  EXPECT_NE(client.call("Scan", {{"TableName", "t"}})["Items"],
            reader.call("Scan", {{"TableName", "t"}})["Items"]);
}

TEST_F(fake_dynamodb_test, a_scan_may_show_an_item_twice) {
  account.settings().scan_repeats_rate = 0.5;
  for (int i = 0; i < 20; ++i) {
    put(item("p" + std::to_string(i), "1", "x"));
  }
  std::map<std::string, int> seen;
  json request{{"TableName", "t"}, {"Limit", 3}};
  for (;;) {
    const auto page = client.call("Scan", request);
    for (const auto& each : page["Items"]) {
      ++seen[each.dump()];
    }
    if (!page.contains("LastEvaluatedKey")) {
      break;
    }
    request["ExclusiveStartKey"] = page["LastEvaluatedKey"];
  }
  EXPECT_EQ(seen.size(), 20);
  EXPECT_TRUE(std::ranges::any_of(seen, [](const auto& item) { return item.second > 1; }));
}

TEST_F(fake_dynamodb_test, reads_beyond_the_capacity_of_a_second_are_throttled) {
  account.table("t").settings().read_units_per_second_max = 5;
  account.settings().latency_min = account.settings().latency_max = 0ms;
  const json request{{"TableName", "t"}, {"Key", key("a", "1")}, {"ConsistentRead", true}};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.refused("GetItem", request), "");
  }
  EXPECT_EQ(client.refused("GetItem", request), "ProvisionedThroughputExceededException");
  time.run_for(1s);
  EXPECT_EQ(client.refused("GetItem", request), "");
}

TEST_F(fake_dynamodb_test, a_query_gives_one_partition_in_order_of_the_sort_key) {
  for (const auto* sort : {"10", "9", "-1"}) {
    put(item("a", sort, "x"));
    put(item("b", sort, "x"));
  }
  json request{{"TableName", "t"},
               {"KeyConditionExpression", "#pk = :pk"},
               {"ExpressionAttributeNames", {{"#pk", "pk"}}},
               {"ExpressionAttributeValues", {{":pk", {{"S", "a"}}}}},
               {"Limit", 2}};
  const auto first = client.call("Query", request);
  ASSERT_EQ(first["Items"].size(), 2);
  EXPECT_EQ(first["Items"][0], item("a", "-1", "x"));
  EXPECT_EQ(first["Items"][1], item("a", "9", "x"));
  request["ExclusiveStartKey"] = first["LastEvaluatedKey"];
  EXPECT_EQ(client.call("Query", request)["Items"], json::array({item("a", "10", "x")}));
}

TEST_F(fake_dynamodb_test, eventual_reads_may_be_late_and_strong_ones_are_not) {
  fake_dynamodb lagging(time, {.read_lag_max = 10s});
  lagging.create_table("t", schema);
  fake_client reader(time, lagging);
  lagging.put("t", item("a", "1", "old").dump());
  time.run_for(1min);
  lagging.put("t", item("a", "1", "new").dump());
  std::set<std::string> seen;
  for (int i = 0; i < 30; ++i) {
    seen.insert(
        reader.call("GetItem", {{"TableName", "t"}, {"Key", key("a", "1")}})["Item"]["v"]["S"]);
    EXPECT_EQ(reader.call("GetItem", {{"TableName", "t"},
                                      {"Key", key("a", "1")},
                                      {"ConsistentRead", true}})["Item"]["v"]["S"],
              "new");
  }
  EXPECT_TRUE(seen.contains("old"));
  time.run_for(11s);
  EXPECT_EQ(reader.call("Scan", {{"TableName", "t"}})["Items"][0]["v"]["S"], "new");
  lagging.remove("t", key("a", "1").dump());
  time.run_for(11s);
  EXPECT_EQ(reader.call("Scan", {{"TableName", "t"}})["Count"], 0);
}

TEST_F(fake_dynamodb_test, answers_carry_their_crc_and_a_request_id) {
  const auto response = client.send("DescribeTable", {{"TableName", "t"}});
  ASSERT_TRUE(response);
  EXPECT_FALSE(response->request_id.empty());
  EXPECT_TRUE(response->date);
  EXPECT_EQ(response->crc32, crc32_of(response->body.view()));
}

TEST_F(fake_dynamodb_test, planned_faults_happen) {
  const json request{{"TableName", "t"}};
  const auto with = [&](fault what) {
    account.plan_faults(fault_on("DescribeTable", std::move(what), 1));
    return client.send("DescribeTable", request);
  };
  const auto code_of = [](const result<aws::api_response>& response) {
    return std::string(response->body.view());
  };
  EXPECT_THAT(code_of(with({.type = fault::kind::throttle, .code = "ThrottlingException"})),
              testing::HasSubstr("#ThrottlingException"));
  EXPECT_EQ(with({.type = fault::kind::server_error, .status = 503})->status, 503);
  EXPECT_EQ(with({.type = fault::kind::connection_reset}).error().kind, error_class::retry);
  EXPECT_EQ(with({.type = fault::kind::lost_answer}).error().code, "ConnectionReset");
  EXPECT_THAT(code_of(with({.type = fault::kind::access_denied})),
              testing::HasSubstr("dynamodb:DescribeTable"));
  EXPECT_THAT(code_of(with({.type = fault::kind::expired_token})),
              testing::HasSubstr("#ExpiredTokenException"));
  const auto cut = with({.type = fault::kind::truncated_body});
  EXPECT_EQ(cut->status, 200);
  EXPECT_FALSE(json::accept(cut->body.view()));
  const auto damaged = with({.type = fault::kind::wrong_crc});
  EXPECT_NE(damaged->crc32, crc32_of(damaged->body.view()));
  const auto before = time.now();
  EXPECT_EQ(with({.type = fault::kind::timeout}).error().code, "Timeout");
  EXPECT_EQ(time.now() - before, 10s);
  EXPECT_EQ(with({.delay = 2s})->status, 200);
  EXPECT_EQ(time.now() - before, 12s + 1ms);
  EXPECT_EQ(account.statistics().calls_of("DescribeTable"), 10);
}

TEST_F(fake_dynamodb_test, the_same_seed_gives_the_same_faults) {
  const auto outcomes = [this](std::uint64_t seed) {
    account.plan_faults(seeded_faults({.throttle = 0.3, .server_error = 0.3, .slow = 0.2}, seed));
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += client.refused("DescribeTable", {{"TableName", "t"}}) + " ";
    }
    return text;
  };
  const auto first = outcomes(1);
  EXPECT_EQ(first, outcomes(1));
  EXPECT_NE(first, outcomes(2));
}

TEST_F(fake_dynamodb_test, expired_credentials_work_again_once_renewed) {
  const json request{{"TableName", "t"}};
  account.expire_credentials("AKIDTEST");
  EXPECT_EQ(client.refused("DescribeTable", request), "ExpiredTokenException");
  fake_client other(time, account, "AKIDOTHER");
  EXPECT_EQ(other.refused("DescribeTable", request), "");
  client.connection().renew_credentials();
  EXPECT_EQ(client.refused("DescribeTable", request), "");
}

TEST_F(fake_dynamodb_test, unknown_operations_and_bodies_are_refused) {
  EXPECT_EQ(client.refused("ExecuteStatement", {{"Statement", "x"}}), "UnknownOperationException");
  EXPECT_EQ(client.refused("GetItem", json::array()), "SerializationException");
}

}  // namespace
}  // namespace ddm::support
