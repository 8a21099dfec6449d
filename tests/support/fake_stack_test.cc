// The production clients on top of the fake: it speaks what they understand.
#include "aws/service_client.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/page_decoder.h"
#include "dynamodb/streams_client.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ddm::support {
namespace {

using namespace std::chrono_literals;
using dynamodb::event_kind;
using dynamodb::iterator_position;
using dynamodb::table_name;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = {{.name = "sk", .type = dynamodb::key_type::number}}};

std::string item(int sort, int value) {
  return R"({"pk":{"S":"a"},"sk":{"N":")" + std::to_string(sort) + R"("},"v":{"N":")" +
         std::to_string(value) + R"("}})";
}
std::string key(int sort) {
  return R"({"pk":{"S":"a"},"sk":{"N":")" + std::to_string(sort) + R"("}})";
}

struct fake_stack_test : testing::Test {
  fake_stack_test() { account.create_table("t", schema, "NEW_AND_OLD_IMAGES"); }

  std::vector<dynamodb::change_record> read_shard(const dynamodb::stream_arn& stream,
                                                  const dynamodb::shard_id& shard) {
    auto at =
        time.run(streams.get_shard_iterator(stream, shard, iterator_position::trim_horizon()));
    std::vector<dynamodb::change_record> seen;
    for (int pages = 0; at && pages < 100; ++pages) {
      const auto answer = time.run(streams.get_records(*at, 2));
      EXPECT_TRUE(answer);
      auto page = decoder.decode_records(answer->body).value();
      seen.insert(seen.end(), page.records.begin(), page.records.end());
      if (!page.next || page.records.empty()) {
        break;
      }
      at = *page.next;
    }
    return seen;
  }

  simulated_clock time;
  fake_dynamodb account{time};
  std::unique_ptr<aws::transport> connection = account.connect("AKIDTEST");
  aws::service_client calls{*connection, time, {.name = "the table t"}};
  dynamodb::dynamodb_client tables{calls};
  dynamodb::streams_client streams{calls};
  dynamodb::page_decoder decoder{
      dynamodb::page_decoder::options{.schema = schema, .ignored = {}, .sample = {}}};
};

TEST_F(fake_stack_test, tables_are_described) {
  const auto table = time.run(tables.describe_table(table_name("t"))).value();
  EXPECT_EQ(table.status, dynamodb::table_status::active);
  EXPECT_EQ(table.schema, schema);
  EXPECT_TRUE(table.on_demand);
  EXPECT_TRUE(table.stream.enabled);
  EXPECT_EQ(table.latest_stream_arn->str(), account.stream("t").names().arn);
  EXPECT_FALSE(time.run(tables.describe_time_to_live(table_name("t"))).value());
}

TEST_F(fake_stack_test, records_of_parent_and_children_are_decoded) {
  account.put("t", item(1, 1));
  account.put("t", item(1, 2));
  account.put("t", item(2, 1));
  account.stream("t").split(account.stream("t").open_shards().at(0), time.now());
  account.remove("t", key(1));
  const dynamodb::stream_arn arn(account.stream("t").names().arn);
  const auto listing = time.run(streams.describe_stream(arn)).value();
  ASSERT_EQ(listing.shards.size(), 3);
  EXPECT_FALSE(listing.shards[0].open());
  EXPECT_EQ(time.run(streams.describe_children(arn, listing.shards[0].id)).value().shards.size(),
            2);
  const auto before = read_shard(arn, listing.shards[0].id);
  ASSERT_EQ(before.size(), 3);
  EXPECT_EQ(before[0].kind, event_kind::insert);
  EXPECT_EQ(before[1].kind, event_kind::modify);
  EXPECT_EQ(before[1].old_image, before[0].new_image);
  EXPECT_LT(before[0].sequence, before[1].sequence);
  auto after = read_shard(arn, listing.shards[1].id);
  const auto right = read_shard(arn, listing.shards[2].id);
  after.insert(after.end(), right.begin(), right.end());
  ASSERT_EQ(after.size(), 1);
  EXPECT_EQ(after[0].kind, event_kind::remove);
  EXPECT_EQ(after[0].key.hash, before[0].key.hash);
}

TEST_F(fake_stack_test, items_are_read_by_key_and_by_scan) {
  for (int sort = 1; sort <= 3; ++sort) {
    EXPECT_TRUE(time.run(tables.put_item(table_name("t"), item(sort, sort))));
  }
  const auto batch =
      time.run(tables.batch_get_item(table_name("t"), {key(1), key(2), key(9)}, true)).value();
  const auto read = decoder.decode_batch_get(batch).value();
  EXPECT_EQ(read.items.size(), 2);
  EXPECT_EQ(read.consumed_units, 3);
  EXPECT_EQ(time.run(tables.get_item(table_name("t"), key(1), true)).value(), item(1, 1));
  const auto scanned = time.run(tables.scan({.table = table_name("t"), .limit = 2})).value();
  EXPECT_TRUE(decoder.decode_items(scanned)->last_evaluated_key);
  EXPECT_TRUE(time.run(tables.delete_item(table_name("t"), key(1))));
  EXPECT_FALSE(time.run(tables.get_item(table_name("t"), key(1), true)).value());
}

TEST_F(fake_stack_test, faults_are_classified_and_retried) {
  account.plan_faults(fault_on("GetItem", {.type = fault::kind::wrong_crc}, 1));
  EXPECT_TRUE(time.run(tables.get_item(table_name("t"), key(1), true)));
  account.plan_faults(
      seeded_faults({.throttle = 0.2, .server_error = 0.1, .truncated_body = 0.1}, 7));
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    failed += time.run(tables.get_item(table_name("t"), key(1), true)) ? 0 : 1;
  }
  EXPECT_LT(failed, 10);
  EXPECT_GT(calls.statistics().at("GetItem").retries, 20);
  account.plan_faults({});
  account.expire_credentials("AKIDTEST");
  EXPECT_TRUE(time.run(tables.get_item(table_name("t"), key(1), true)));
  account.plan_faults(fault_on("", {.type = fault::kind::access_denied}));
  EXPECT_EQ(time.run(tables.get_item(table_name("t"), key(1), true)).error().kind,
            error_class::access_denied);
}

TEST_F(fake_stack_test, stream_errors_have_their_classes) {
  const dynamodb::stream_arn arn(account.stream("t").names().arn);
  const dynamodb::shard_id shard(account.stream("t").open_shards().at(0));
  account.put("t", item(1, 1));
  const auto at =
      time.run(streams.get_shard_iterator(arn, shard, iterator_position::trim_horizon())).value();
  account.stream("t").expire_iterators();
  EXPECT_EQ(time.run(streams.get_records(at, 10)).error().kind, error_class::new_iterator);
  const auto fresh =
      time.run(streams.get_shard_iterator(arn, shard, iterator_position::trim_horizon())).value();
  account.stream("t").trim_shard(shard.str());
  EXPECT_EQ(time.run(streams.get_records(fresh, 10)).error().kind, error_class::trimmed);
  EXPECT_EQ(time.run(streams.describe_stream(dynamodb::stream_arn("absent"))).error().kind,
            error_class::not_found);
}

}  // namespace
}  // namespace ddm::support
