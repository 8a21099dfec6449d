#include "exports/export_bucket.h"

#include "s3/scripted_bucket.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::exports {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class export_buckets : public testing::Test {
 protected:
  std::string read(std::string name, std::uint64_t from, std::size_t bytes_max) {
    auto got = time_.run(store_.read(std::move(name), from, bytes_max));
    return got ? *got : "error: " + got.error().message;
  }

  support::simulated_clock time_;
  s3::scripted_bucket bucket_;
  export_bucket store_{bucket_.client(time_),
                       {.bucket = "my-exports", .prefix = "p/AWSDynamoDB/I"}};
};

TEST_F(export_buckets, read_parts_of_one_and_the_same_object) {
  const std::string text = "0123456789";
  bucket_.part(text, 0, 4, "\"t\"");
  bucket_.part(text, 4, 4, "\"t\"");
  bucket_.part(text, 8, 4, "\"t\"");
  EXPECT_EQ(read("data/x", 0, 4), "0123");
  EXPECT_EQ(read("data/x", 4, 4), "4567");
  EXPECT_EQ(read("data/x", 8, 4), "89") << "fewer at its end";
  EXPECT_EQ(bucket_.requests.at(0).what.path, "/my-exports/p/AWSDynamoDB/I/data/x");
  EXPECT_EQ(bucket_.requests.at(0).what.if_match, "");
  EXPECT_EQ(bucket_.requests.at(1).what.if_match, "\"t\"");
  EXPECT_EQ(bucket_.requests.at(2).what.if_match, "\"t\"");
  EXPECT_EQ(bucket_.requests.size(), 3);
}

TEST_F(export_buckets, ask_nothing_at_the_end_that_they_know) {
  bucket_.part("0123", 0, 4, "\"t\"");
  EXPECT_EQ(read("x", 0, 4), "0123");
  EXPECT_EQ(read("x", 4, 4), "");
  EXPECT_EQ(bucket_.requests.size(), 1);
}

TEST_F(export_buckets, begin_an_object_anew_whatever_it_was_before) {
  bucket_.part("01", 0, 1, "\"t\"");
  bucket_.part("ab", 0, 1, "\"u\"");
  EXPECT_EQ(read("x", 0, 1), "0");
  EXPECT_EQ(read("x", 0, 1), "a");
  EXPECT_EQ(bucket_.requests.at(1).what.if_match, "");
}

TEST_F(export_buckets, hold_one_range_of_a_large_object_at_a_time) {
  constexpr std::size_t range = std::size_t{8} << 20;
  const std::string text(2 * range + 5, 'x');
  for (std::size_t from = 0; from < text.size(); from += range) {
    bucket_.part(text, from, range, "\"t\"");
  }
  EXPECT_EQ(read("x", 0, 100 << 20).size(), text.size());
  EXPECT_EQ(bucket_.requests.size(), 3);
  EXPECT_EQ(bucket_.requests.at(2).what.bytes, range);
  EXPECT_EQ(bucket_.requests.at(2).what.if_match, "\"t\"");
}

TEST_F(export_buckets, an_empty_object_has_no_bytes) {
  bucket_.answer(416, "<Error><Code>InvalidRange</Code></Error>");
  EXPECT_EQ(read("x", 0, 4), "");
}

TEST_F(export_buckets, an_end_before_the_end_that_was_told_is_none) {
  bucket_.part("0123456789", 0, 4, "\"t\"");
  bucket_.answer(416, "<Error><Code>InvalidRange</Code></Error>");
  EXPECT_EQ(read("x", 0, 4), "0123");
  const auto rest = time_.run(store_.read("x", 4, 4));
  ASSERT_FALSE(rest);
  EXPECT_EQ(rest.error().kind, error_class::retry);
}

TEST_F(export_buckets, without_a_listing_tell_how_a_place_is_named) {
  bucket_.answer(403, "<Error><Code>AccessDenied</Code></Error>");
  EXPECT_THAT(time_.run(store_.remedy()),
              AllOf(HasSubstr("s3://BUCKET/PREFIX/AWSDynamoDB/ID"), HasSubstr("s3:ListBucket")));
}

TEST_F(export_buckets, list_the_exports_that_lie_beside) {
  bucket_.answer(200,
                 "<ListBucketResult><CommonPrefixes><Prefix>p/AWSDynamoDB/J/</Prefix>"
                 "</CommonPrefixes></ListBucketResult>");
  EXPECT_EQ(time_.run(store_.remedy()), "below s3://my-exports/p/AWSDynamoDB/ there is: J");
  EXPECT_THAT(bucket_.requests.at(0).what.query, EndsWith("prefix=p%2FAWSDynamoDB%2F"));
}

TEST(export_remedy, tells_the_newest_exports_or_that_there_are_none) {
  const s3::s3_address place{.bucket = "b", .prefix = "AWSDynamoDB/X"};
  const std::string folder = "AWSDynamoDB/";
  const auto remedy = [&](const std::vector<std::string>& found) {
    return remedy_for(place, folder, found);
  };
  EXPECT_EQ(remedy({}),
            "there is no export below s3://b/AWSDynamoDB/: are bucket and prefix right?");
  EXPECT_EQ(remedy({"AWSDynamoDB/1/", "AWSDynamoDB/2/"}),
            "below s3://b/AWSDynamoDB/ there are: 2, 1");
  const auto many = remedy({"AWSDynamoDB/1/", "AWSDynamoDB/2/", "AWSDynamoDB/3/", "AWSDynamoDB/4/",
                            "AWSDynamoDB/5/", "AWSDynamoDB/6/"});
  EXPECT_THAT(many,
              AllOf(HasSubstr("6, 5, 4, 3, 2"), Not(HasSubstr(" 1")), EndsWith("older ones")));
  EXPECT_THAT(remedy({"AWSDynamoDB/X/"}), HasSubstr("not finished"));
}

}  // namespace
}  // namespace ddm::exports
