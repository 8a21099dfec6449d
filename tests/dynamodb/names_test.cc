#include "dynamodb/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::dynamodb {
namespace {

using testing::HasSubstr;

sequence_number number(std::string_view digits) { return sequence_number::parse(digits).value(); }

TEST(sequence_number, compares_as_a_number) {
  EXPECT_LT(number("9"), number("10"));
  EXPECT_LT(number("99999999999999999999"), number("100000000000000000000"));
  EXPECT_LT(number("12345678901234567890123456789012345678"),
            number("12345678901234567890123456789012345679"));
}

TEST(sequence_number, leading_zeros_count_for_nothing_but_are_kept) {
  EXPECT_EQ(number("007"), number("7"));
  EXPECT_LT(number("0009"), number("10"));
  EXPECT_EQ(number("000"), number("0"));
  EXPECT_EQ(number("007").str(), "007");
}

TEST(sequence_number, no_number_is_below_every_other) {
  EXPECT_LT(sequence_number{}, number("0"));
  EXPECT_EQ(sequence_number{}, sequence_number{});
  EXPECT_TRUE(sequence_number{}.empty());
}

TEST(sequence_number, refuses_what_is_not_1_to_40_digits) {
  EXPECT_TRUE(sequence_number::parse(std::string(40, '9')).has_value());
  for (const std::string& bad : {std::string(), std::string(41, '9'), std::string("12a"),
                                 std::string("-1"), std::string(" 1")}) {
    EXPECT_FALSE(sequence_number::parse(bad).has_value()) << bad;
  }
}

TEST(key_schema, describes_itself) {
  const key_schema schema{{"user_id", key_type::string}, key_attribute{"at", key_type::number}};
  EXPECT_EQ(schema.describe(), "user_id (S), at (N)");
  EXPECT_EQ((key_schema{{"id", key_type::binary}, {}}.describe()), "id (B)");
}

TEST(table_arn, takes_the_arn_of_a_table_apart) {
  const auto arn = table_arn::parse("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders.v2");
  ASSERT_TRUE(arn.has_value());
  EXPECT_EQ(arn->partition, "aws-cn");
  EXPECT_EQ(arn->region, "cn-north-1");
  EXPECT_EQ(arn->account, "123456789012");
  EXPECT_EQ(arn->table, "orders.v2");
  EXPECT_EQ(arn->stream_label, "");
}

TEST(table_arn, keeps_the_colons_of_a_stream_label) {
  const auto arn = table_arn::parse(
      "arn:aws:dynamodb:eu-west-1:000000000000:table/orders/stream/2026-01-01T00:00:00.000");
  ASSERT_TRUE(arn.has_value());
  EXPECT_EQ(arn->table, "orders");
  EXPECT_EQ(arn->stream_label, "2026-01-01T00:00:00.000");
}

TEST(table_arn, says_which_part_is_wrong) {
  const auto why = [](std::string_view text) {
    const auto arn = table_arn::parse(text);
    return arn ? std::string("accepted") : arn.error().message;
  };
  EXPECT_THAT(why("orders"), HasSubstr("begin with \"arn:\""));
  EXPECT_THAT(why("arn:aws:dynamodb:eu-west-1"), HasSubstr("fewer than six parts"));
  EXPECT_THAT(why("arn:gcp:dynamodb:r:1:table/t"), HasSubstr("no AWS partition"));
  EXPECT_THAT(why("arn:aws:kinesis:r:1:table/t"), HasSubstr("\"kinesis\""));
  EXPECT_THAT(why("arn:aws:dynamodb::1:table/t"), HasSubstr("region is empty"));
  EXPECT_THAT(why("arn:aws:dynamodb:r::table/t"), HasSubstr("account is empty"));
  EXPECT_THAT(why("arn:aws:dynamodb:r:1:stream/t"), HasSubstr("names no table"));
  EXPECT_THAT(why("arn:aws:dynamodb:r:1:table/"), HasSubstr("name is empty"));
  EXPECT_THAT(why("arn:aws:dynamodb:r:1:table/t/index/i"), HasSubstr("/stream/LABEL"));
  EXPECT_THAT(why("arn:aws:dynamodb:r:1:table/t/stream/"), HasSubstr("/stream/LABEL"));
}

}  // namespace
}  // namespace ddm::dynamodb
