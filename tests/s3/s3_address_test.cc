#include "s3/s3_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::s3 {
namespace {

using testing::HasSubstr;

TEST(s3_address, is_a_bucket_and_what_is_before_the_names_in_it) {
  const auto place = parse_s3_address("s3://my-exports/a b/AWSDynamoDB/ID/");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->bucket, "my-exports");
  EXPECT_EQ(place->prefix, "a b/AWSDynamoDB/ID");
  EXPECT_EQ(place->describe(), "s3://my-exports/a b/AWSDynamoDB/ID");
  for (const auto* whole : {"s3://my-exports", "s3://my-exports/"}) {
    const auto bucket = parse_s3_address(whole);
    ASSERT_TRUE(bucket) << whole;
    EXPECT_EQ(bucket->prefix, "");
    EXPECT_EQ(bucket->describe(), "s3://my-exports");
  }
  EXPECT_EQ(parse_s3_address("s3://my-exports//x")->prefix, "/x") << "a key may begin with a slash";
}

TEST(s3_address, names_no_host_and_no_arn) {
  for (const std::string wrong : {"s3://", "s3:///x", "s3://ab/x", "s3://a@b.example/x",
                                  "s3://evil.example:80/x", "s3://arn:aws:s3:::my-exports/x",
                                  "s3://my exports/x", "S3://my-exports/x", "my-exports/x"}) {
    const auto place = parse_s3_address(wrong);
    ASSERT_FALSE(place) << wrong;
    EXPECT_EQ(place.error().kind, error_class::wrong_usage);
    EXPECT_THAT(place.error().message, HasSubstr("s3://BUCKET/PREFIX"));
  }
  EXPECT_FALSE(parse_s3_address("s3://my-exports/" + std::string(1025, 'x')));
}

std::string way(std::string_view bucket, const char* endpoint, bool is_public) {
  auto made = way_to(bucket, *net::parse_url(endpoint), is_public);
  made.host.path = made.path;
  return made.host.text();
}

TEST(s3_address, a_bucket_is_a_host_where_its_name_and_the_endpoint_allow_it) {
  const auto* const of_region = "https://s3.eu-west-1.amazonaws.com";
  EXPECT_EQ(way("my-exports", of_region, true), "https://my-exports.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(way("my.exports", of_region, true), "https://s3.eu-west-1.amazonaws.com/my.exports/");
  EXPECT_EQ(way("My_exports", of_region, true), "https://s3.eu-west-1.amazonaws.com/My_exports/");
  EXPECT_EQ(way("my-exports", "http://127.0.0.1:9000", false), "http://127.0.0.1:9000/my-exports/");
  EXPECT_EQ(way("my-exports", "http://minio:9000/base", false),
            "http://minio:9000/base/my-exports/");
}

TEST(s3_address, keys_are_encoded_once_but_for_their_slashes) {
  EXPECT_EQ(encoded_key("AWSDynamoDB/01-ab/data/x.json.gz"), "AWSDynamoDB/01-ab/data/x.json.gz");
  EXPECT_EQ(encoded_key("a b+c%20/~-._/\xe6\xbc\xa2?#&="),
            "a%20b%2Bc%2520/~-._/%E6%BC%A2%3F%23%26%3D");
  EXPECT_EQ(encoded_key("/a//b/"), "/a//b/");
}

}  // namespace
}  // namespace ddm::s3
