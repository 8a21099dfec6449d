#include "cli/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

connection_description in_region(std::string region, bool endpoint_is_public = true) {
  return {.profile = {},
          .region = std::move(region),
          .endpoint = {},
          .endpoint_is_public = endpoint_is_public,
          .identity = {}};
}

TEST(region_of_an_arn, must_be_the_one_that_is_called) {
  const auto fault = region_fault(side::target, arn, in_region("us-east-1"));
  ASSERT_TRUE(fault);
  EXPECT_THAT(*fault, AllOf(HasSubstr(arn), HasSubstr("us-east-1"),
                            HasSubstr("--target-region eu-west-1")));
  EXPECT_FALSE(region_fault(side::target, arn, in_region("eu-west-1")));
}

TEST(region_of_an_arn, is_not_asked_for_where_there_is_none_or_the_endpoint_was_chosen) {
  EXPECT_FALSE(region_fault(side::source, "orders", in_region("us-east-1")));
  EXPECT_FALSE(region_fault(side::source, arn, in_region("us-east-1", false)));
  EXPECT_FALSE(region_fault(side::source, "arn:aws:dynamodb:ddblocal:000000000000:table/orders",
                            in_region("us-east-1", false)));
}

}  // namespace
}  // namespace ddm::cli
