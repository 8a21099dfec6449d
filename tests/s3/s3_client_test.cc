#include "s3/s3_client.h"

#include "s3/scripted_bucket.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::s3 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string moved = "<Error><Code>PermanentRedirect</Code></Error>";

class s3_clients : public testing::Test {
 protected:
  result<object_part> get(std::string key, std::uint64_t from, std::size_t bytes_max,
                          std::string etag = {}) {
    return time_.run(client_->get_object(std::move(key), from, bytes_max, std::move(etag)));
  }
  void refuse(int status, const std::string& code) {
    bucket_.answer(status, "<Error><Code>" + code + "</Code><Message>no</Message></Error>");
  }

  support::simulated_clock time_;
  scripted_bucket bucket_;
  std::unique_ptr<s3_client> client_ = bucket_.client(time_);
};

TEST_F(s3_clients, ask_for_a_part_of_an_object) {
  bucket_.part("0123456789", 4, 3, "\"tag\"");
  const auto part = get("a b/c", 4, 3, "\"tag\"");
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->bytes, "456");
  EXPECT_EQ(part->etag, "\"tag\"");
  EXPECT_EQ(part->whole_bytes, 10);
  const auto& asked = bucket_.requests.at(0).what;
  EXPECT_EQ(asked.path, "/my-exports/a%20b/c");
  EXPECT_EQ(asked.from, 4);
  EXPECT_EQ(asked.bytes, 3);
  EXPECT_EQ(asked.if_match, "\"tag\"");
}

TEST_F(s3_clients, take_no_range_behind_the_end_for_an_empty_part) {
  refuse(416, "InvalidRange");
  const auto part = get("k", 10, 3);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->bytes, "");
  EXPECT_EQ(part->whole_bytes, 10);
}

TEST_F(s3_clients, ask_again_for_what_came_wrong) {
  refuse(503, "SlowDown");
  refuse(500, "InternalError");
  bucket_.answer(206, "45", {{"Content-Range", "bytes 4-6/10"}});
  bucket_.part("0123456789", 4, 3, "\"tag\"");
  EXPECT_EQ(get("k", 4, 3)->bytes, "456");
  EXPECT_EQ(bucket_.requests.size(), 4);
}

TEST_F(s3_clients, name_the_object_that_cannot_be_read) {
  refuse(404, "NoSuchKey");
  const auto missing = get("a/b", 0, 3);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, error_class::not_found);
  EXPECT_THAT(missing.error().message,
              AllOf(HasSubstr("s3://my-exports/a/b"),
                    HasSubstr("profile p, region eu-west-1: GetObject: no")));
  EXPECT_EQ(bucket_.requests.size(), 1);
}

TEST_F(s3_clients, go_to_the_region_that_they_are_told_and_stay_there) {
  bucket_.answer(301, moved, {{"x-amz-bucket-region", "eu-west-3"}});
  bucket_.part("0123", 0, 2, "\"t\"");
  bucket_.part("0123", 2, 2, "\"t\"");
  EXPECT_EQ(get("k", 0, 2)->bytes, "01");
  EXPECT_EQ(get("k", 2, 2)->bytes, "23");
  std::vector<std::string> regions;
  for (const auto& each : bucket_.requests) {
    regions.push_back(each.region);
  }
  EXPECT_THAT(regions, ElementsAre("eu-west-1", "eu-west-3", "eu-west-3"));
}

TEST_F(s3_clients, go_nowhere_that_is_no_other_region) {
  for (const auto* region : {"eu-west-1", "evil.example", "a/b"}) {
    bucket_.answer(301, moved, {{"x-amz-bucket-region", region}});
    const auto part = get("k", 0, 2);
    ASSERT_FALSE(part) << region;
    EXPECT_THAT(part.error().message, HasSubstr("another region, or its endpoint, is needed"));
  }
  EXPECT_THAT(bucket_.connected, ElementsAre("eu-west-1"));
}

TEST_F(s3_clients, are_sent_around_in_no_circle) {
  for (int turn = 0; turn < 10; ++turn) {
    bucket_.answer(301, moved,
                   {{"x-amz-bucket-region", turn % 2 == 0 ? "eu-west-3" : "eu-west-1"}});
  }
  ASSERT_FALSE(get("k", 0, 2));
  EXPECT_EQ(bucket_.requests.size(), 3);
}

TEST_F(s3_clients, list_what_lies_below_a_prefix) {
  bucket_.answer(200,
                 "<ListBucketResult><CommonPrefixes><Prefix>a b/1/</Prefix></CommonPrefixes>"
                 "</ListBucketResult>");
  const auto found = time_.run(client_->list_objects_v2("a b/"));
  ASSERT_TRUE(found);
  EXPECT_THAT(found->prefixes, ElementsAre("a b/1/"));
  const auto& asked = bucket_.requests.at(0).what;
  EXPECT_EQ(asked.path, "/my-exports/");
  EXPECT_EQ(asked.query, "delimiter=%2F&list-type=2&prefix=a%20b%2F");
  EXPECT_FALSE(asked.from);
}

}  // namespace
}  // namespace ddm::s3
