#include "plan/policies.h"

#include <gtest/gtest.h>

namespace ddm::plan {
namespace {

constexpr const char* arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";

TEST(policies, name_the_table_and_the_stream_apart) {
  EXPECT_EQ(table_policy({.table_arn = arn, .kms_key_arn = {}})["Statement"][0]["Resource"], arn);
  EXPECT_EQ(stream_policy({.table_arn = arn, .kms_key_arn = {}})["Statement"][0]["Resource"],
            std::string(arn) + "/stream/*");
}

TEST(policies, hold_the_prefix_that_streams_have_too) {
  const auto policy = stream_policy({.table_arn = arn, .kms_key_arn = {}});
  for (const auto& action : policy["Statement"][0]["Action"]) {
    EXPECT_TRUE(action.get<std::string>().starts_with("dynamodb:")) << action;
  }
}

TEST(policies, ask_for_decryption_only_with_a_key_of_ones_own_and_only_through_dynamodb) {
  EXPECT_EQ(table_policy({.table_arn = arn, .kms_key_arn = {}})["Statement"].size(), 1);
  const auto policy = table_policy({.table_arn = arn, .kms_key_arn = "arn:aws:kms:key"});
  ASSERT_EQ(policy["Statement"].size(), 2);
  EXPECT_EQ(policy["Statement"][1]["Action"][0], "kms:Decrypt");
  EXPECT_EQ(policy["Statement"][1]["Condition"]["StringEquals"]["kms:ViaService"],
            "dynamodb.eu-west-1.amazonaws.com");
}

TEST(policies, of_reading_hold_no_write) {
  const auto text = table_policy({.table_arn = arn, .kms_key_arn = {}}).dump();
  EXPECT_EQ(text.find("Put"), std::string::npos);
  EXPECT_EQ(text.find("Delete"), std::string::npos);
  EXPECT_NE(repair_policy({.table_arn = arn, .kms_key_arn = {}}).dump().find("PutItem"),
            std::string::npos);
}

}  // namespace
}  // namespace ddm::plan
