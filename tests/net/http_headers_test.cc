#include "net/http_headers.h"

#include <gtest/gtest.h>

namespace ddm::net {
namespace {

TEST(http_headers, are_found_in_any_case_the_first_first) {
  http_headers headers;
  headers.add("X-Amzn-RequestId", "one");
  headers.add("Date", "");
  headers.add("x-amzn-requestid", "two");
  EXPECT_EQ(headers.find("x-AMZN-requestid"), "one");
  EXPECT_EQ(headers.find("date"), "");
  EXPECT_EQ(headers.find("x-amzn"), std::nullopt);
  EXPECT_EQ(headers.text(), "X-Amzn-RequestId: one\r\nDate: \r\nx-amzn-requestid: two\r\n");
}

TEST(http_headers, a_value_cannot_smuggle_in_a_header) {
  http_headers headers;
  headers.add("x-amz-security-token", "abc\r\nHost: evil");
  EXPECT_EQ(headers.find("host"), std::nullopt);
  EXPECT_EQ(headers.find("x-amz-security-token"), "abc  Host: evil");
}

TEST(http_headers, none_are_found_where_none_are) {
  EXPECT_EQ(http_headers().find("host"), std::nullopt);
}

}  // namespace
}  // namespace ddm::net
