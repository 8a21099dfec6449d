#include "aws/endpoints.h"

#include <gtest/gtest.h>

namespace ddm::aws {
namespace {

constexpr endpoint_variant plain{};
constexpr endpoint_variant fips{.fips = true};
constexpr endpoint_variant dual{.dual_stack = true};
constexpr endpoint_variant both{.fips = true, .dual_stack = true};

TEST(endpoints, each_partition_has_its_domain) {
  const auto host = [](std::string_view region, endpoint_variant variant) {
    return public_endpoint(dynamodb_names, region, variant);
  };
  EXPECT_EQ(host("eu-west-1", plain), "https://dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(host("cn-north-1", plain), "https://dynamodb.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(host("us-gov-west-1", plain), "https://dynamodb.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(host("us-iso-east-1", plain), "https://dynamodb.us-iso-east-1.c2s.ic.gov");
  EXPECT_EQ(host("us-isob-east-1", plain), "https://dynamodb.us-isob-east-1.sc2s.sgov.gov");
  EXPECT_EQ(host("eusc-de-east-1", plain), "https://dynamodb.eusc-de-east-1.amazonaws.eu");
  EXPECT_EQ(host("cn-north-1", dual), "https://dynamodb.cn-north-1.api.amazonwebservices.com.cn");
  EXPECT_EQ(host("eu-west-1", both), "https://dynamodb-fips.eu-west-1.api.aws");
}

TEST(endpoints, what_serves_the_government_is_fips_by_itself) {
  EXPECT_EQ(public_endpoint(dynamodb_names, "us-gov-east-1", fips),
            "https://dynamodb.us-gov-east-1.amazonaws.com");
  EXPECT_EQ(public_endpoint(sts_names, "us-gov-east-1", fips),
            "https://sts.us-gov-east-1.amazonaws.com");
  EXPECT_EQ(public_endpoint(dynamodb_names, "us-gov-east-1", both),
            "https://dynamodb-fips.us-gov-east-1.api.aws");
}

TEST(endpoints, a_region_is_one_label_of_a_host_name) {
  EXPECT_TRUE(is_region("eu-west-1"));
  for (const std::string none :
       {"", "evil.example/", "a.b", "a b", "a\nb", "a:1", "a@b", "\xc3\xa9"}) {
    EXPECT_FALSE(is_region(none)) << none;
  }
}

TEST(endpoints, streams_have_another_name_for_dual_stack) {
  EXPECT_EQ(public_endpoint(streams_names, "eu-west-1", dual),
            "https://streams-dynamodb.eu-west-1.api.aws");
  EXPECT_EQ(public_endpoint(streams_names, "eu-west-1", both),
            "https://streams-dynamodb-fips.eu-west-1.api.aws");
  EXPECT_EQ(public_endpoint(streams_names, "eu-west-1", fips),
            "https://streams.dynamodb-fips.eu-west-1.amazonaws.com");
  EXPECT_EQ(public_endpoint(streams_names, "us-iso-east-1", dual),
            "https://streams.dynamodb.us-iso-east-1.api.aws.ic.gov");
}

TEST(endpoints, s3_has_labels_of_its_own_for_all_variants) {
  const auto host = [](std::string_view region, endpoint_variant variant) {
    return public_endpoint(s3_names, region, variant);
  };
  EXPECT_EQ(host("eu-west-1", plain), "https://s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(host("eu-west-1", dual), "https://s3.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(host("eu-west-1", fips), "https://s3-fips.eu-west-1.amazonaws.com");
  EXPECT_EQ(host("eu-west-1", both), "https://s3-fips.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(host("cn-north-1", dual), "https://s3.dualstack.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(host("us-gov-west-1", fips), "https://s3-fips.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(host("us-iso-east-1", plain), "https://s3.us-iso-east-1.c2s.ic.gov");
}

}  // namespace
}  // namespace ddm::aws
