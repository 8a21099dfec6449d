#include "dynamodb/table_settings.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ddm::dynamodb {
namespace {

using nlohmann::json;

json aws_table() {
  return json::parse(
      R"({"TableName":"t","TableArn":"arn:aws:dynamodb:eu-west-1:111122223333:table/t",
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},
      {"AttributeName":"at","AttributeType":"N"}],
    "BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},
    "GlobalSecondaryIndexes":[{"IndexName":"by_time","KeySchema":[{"AttributeName":"at"}],
      "IndexStatus":"ACTIVE","Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["b","a"]}}],
    "WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000},
    "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})");
}

TEST(table_settings, absent_members_are_defaults_on_aws) {
  const auto settings = settings_of(aws_table(), json(), json());
  EXPECT_EQ(settings.at("billing"), "on demand");
  EXPECT_EQ(settings.at("encryption"), "AWS-owned key");
  EXPECT_EQ(settings.at("deletion-protection"), "off");
  EXPECT_EQ(settings.at("table-class"), "STANDARD");
  EXPECT_EQ(settings.at("replicas"), "none");
  EXPECT_EQ(settings.at("stream"), "NEW_IMAGE");
  EXPECT_EQ(settings.at("warm-throughput"), "12000 reads/s, 4000 writes/s");
  EXPECT_EQ(settings.at("index:by_time"), "global, key at (N), projection INCLUDE a, b");
  EXPECT_FALSE(settings.contains("capacity")) << "nothing is provisioned";
}

TEST(table_settings, what_another_service_does_not_say_is_unknown) {
  auto table = aws_table();
  table["TableArn"] = "arn:aws:dynamodb:ddblocal:000000000000:table/t";
  table.erase("WarmThroughput");
  const auto settings = settings_of(table, json(), json());
  for (const auto* name : {"encryption", "deletion-protection", "table-class", "replicas",
                           "warm-throughput", "ttl", "pitr"}) {
    EXPECT_FALSE(settings.at(name)) << name;
  }
}

TEST(table_settings, ttl_and_recovery_come_from_their_own_descriptions) {
  const auto settings =
      settings_of(aws_table(), json{{"TimeToLiveStatus", "ENABLED"}, {"AttributeName", "expires"}},
                  json::parse(R"({"PointInTimeRecoveryDescription":
                      {"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":7}})"));
  EXPECT_EQ(settings.at("ttl"), "on expires");
  EXPECT_EQ(settings.at("pitr"), "on, 7 days");
}

TEST(table_settings, keys_of_ones_own_are_compared_by_kind) {
  auto table = aws_table();
  table["SSEDescription"] = {{"SSEType", "KMS"}, {"KMSMasterKeyArn", "arn:aws:kms:r:1:key/k"}};
  EXPECT_EQ(settings_of(table, json(), json()).at("encryption"), "KMS key");
  EXPECT_EQ(kms_key_of(table), "arn:aws:kms:r:1:key/k");
}

}  // namespace
}  // namespace ddm::dynamodb
