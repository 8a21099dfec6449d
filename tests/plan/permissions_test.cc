#include "plan/permissions.h"

#include "aws/service_client.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <gtest/gtest.h>

namespace ddm::plan {
namespace {

using dynamodb::key_type;
using support::fault;

const purposes all(all_purposes.begin(), all_purposes.end());

class trying : public testing::Test {
 protected:
  std::vector<permission> try_with_key(dynamodb::key_schema schema, const purposes& wanted = all) {
    account_.create_table("t", schema, "KEYS_ONLY");
    return time_.run(try_table(client_, side::source, dynamodb::table_name("t"), schema, wanted));
  }
  stream_facts try_its_stream(const purposes& wanted = all) {
    return time_.run(
        try_stream(streams_, dynamodb::stream_arn(account_.stream("t").names().arn), wanted));
  }
  static grant of(const std::vector<permission>& tries, std::string_view action) {
    for (const auto& each : tries) {
      if (each.action == action) {
        return each.state;
      }
    }
    ADD_FAILURE() << action << " was not tried";
    return grant::unknown;
  }

  support::simulated_clock time_;
  support::fake_dynamodb account_{time_};
  std::unique_ptr<aws::transport> connection_ = account_.connect("AKID");
  aws::service_client calls_{*connection_, time_, {.name = "test"}};
  dynamodb::dynamodb_client client_{calls_};
  dynamodb::streams_client streams_{calls_};
};

TEST_F(trying, an_empty_table_grants_everything_with_any_kind_of_key) {
  for (const auto type : {key_type::string, key_type::number, key_type::binary}) {
    support::fake_dynamodb account(time_);
    const auto connection = account.connect("AKID");
    aws::service_client calls(*connection, time_, {.name = "test"});
    dynamodb::dynamodb_client client(calls);
    const dynamodb::key_schema schema{.partition = {"pk", type},
                                      .sort = dynamodb::key_attribute{"sk", type}};
    account.create_table("t", schema);
    for (const auto& each :
         time_.run(try_table(client, side::source, dynamodb::table_name("t"), schema, all))) {
      EXPECT_EQ(each.state, grant::granted) << each.action << ": " << each.message;
    }
  }
}

TEST_F(trying, a_denial_is_told_from_trouble) {
  account_.plan_faults(
      support::first_of(support::fault_on("Scan", {.type = fault::kind::access_denied}),
                        support::fault_on("GetItem", {.type = fault::kind::server_error})));
  const auto tries = try_with_key({.partition = {"pk", key_type::string}, .sort = {}});
  EXPECT_EQ(of(tries, "dynamodb:Scan"), grant::denied);
  EXPECT_EQ(of(tries, "dynamodb:GetItem"), grant::unknown);
  EXPECT_EQ(of(tries, "dynamodb:BatchGetItem"), grant::granted);
}

TEST_F(trying, only_what_is_needed_is_tried) {
  const auto tries =
      try_with_key({.partition = {"pk", key_type::string}, .sort = {}}, {purpose::monitor});
  EXPECT_EQ(tries.size(), 2);
  EXPECT_EQ(of(tries, "dynamodb:BatchGetItem"), grant::granted);
  EXPECT_EQ(of(tries, "dynamodb:DescribeTimeToLive"), grant::granted);
  EXPECT_EQ(tries[0].needed_by, "monitor");
  EXPECT_EQ(try_its_stream({purpose::plan}).permissions.size(), 1);
  EXPECT_EQ(account_.statistics().calls_of("GetRecords"), 0);
}

TEST_F(trying, a_stream_is_listed_and_read_once) {
  static_cast<void>(try_with_key({.partition = {"pk", key_type::string}, .sort = {}}));
  const auto facts = try_its_stream();
  EXPECT_EQ(facts.view_type, "KEYS_ONLY");
  EXPECT_EQ(facts.shards_open, 1);
  EXPECT_TRUE(facts.enabled);
  EXPECT_EQ(of(facts.permissions, "dynamodb:GetRecords"), grant::granted);
  EXPECT_EQ(account_.statistics().calls_of("GetRecords"), 1);
}

TEST_F(trying, a_stream_that_may_not_be_listed_is_denied) {
  static_cast<void>(try_with_key({.partition = {"pk", key_type::string}, .sort = {}}));
  account_.plan_faults(support::fault_on("DescribeStream", {.type = fault::kind::access_denied}));
  const auto facts = try_its_stream();
  EXPECT_EQ(of(facts.permissions, "dynamodb:DescribeStream"), grant::denied);
  EXPECT_TRUE(facts.view_type.empty());
}

}  // namespace
}  // namespace ddm::plan
