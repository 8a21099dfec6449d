#include "serve/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::serve {
namespace {

using testing::HasSubstr;

void expect(std::string_view text, std::string_view shown, bool loopback) {
  const auto parsed = parse_listen_address(text);
  ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
  EXPECT_EQ(parsed->text(), shown);
  EXPECT_EQ(parsed->is_loopback(), loopback) << text;
}

TEST(listen_address, is_an_address_and_a_port) {
  expect("127.0.0.1:8080", "127.0.0.1:8080", true);
  expect("127.1.2.3:0", "127.1.2.3:0", true);
  expect("[::1]:8080", "[::1]:8080", true);
  expect("[0:0::0:1]:8080", "[::1]:8080", true);
  expect("[::ffff:127.0.0.1]:1", "127.0.0.1:1", true);
  expect("localhost:8080", "127.0.0.1:8080", true);
  expect("LOCALHOST:65535", "127.0.0.1:65535", true);
  expect("0.0.0.0:8080", "0.0.0.0:8080", false);
  expect("[::]:8080", "[::]:8080", false);
  expect("10.0.0.1:8080", "10.0.0.1:8080", false);
}

TEST(listen_address, without_a_host_is_refused_in_words) {
  const auto parsed = parse_listen_address(":8080");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, error_class::wrong_usage);
  EXPECT_THAT(parsed.error().message, HasSubstr("0.0.0.0"));
  EXPECT_THAT(parsed.error().message, HasSubstr("127.0.0.1:8080"));
}

TEST(listen_address, of_anything_else_is_refused) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv,
                          "8080"sv,
                          "127.0.0.1"sv,
                          "127.0.0.1:"sv,
                          "127.0.0.1:65536"sv,
                          "127.0.0.1:-1"sv,
                          "127.0.0.1:+1"sv,
                          "127.0.0.1:80 "sv,
                          "::1:8080"sv,
                          "[::1]"sv,
                          "[::1]8080"sv,
                          "[::1"sv,
                          "[127.0.0.1]:8080x"sv,
                          "[fe80::1%eth0]:8080"sv,
                          "[localhost]:80"sv,
                          "monitor:8080"sv,
                          "127.1:8080"sv,
                          "http://127.0.0.1:8080"sv,
                          "127.0.0.1\0x:80"sv,
                          "*:8080"sv}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

TEST(authority, is_a_name_or_an_address_with_or_without_a_port) {
  EXPECT_EQ(parse_authority("Monitor.Example.com"),
            (authority{.host = "monitor.example.com", .port = std::nullopt}));
  EXPECT_EQ(parse_authority("[::1]:80"), (authority{.host = "::1", .port = 80}));
  EXPECT_EQ(parse_authority("a b"), std::nullopt);
  EXPECT_EQ(parse_authority("user@host"), std::nullopt);
  EXPECT_EQ(parse_authority("host/"), std::nullopt);
  EXPECT_EQ(parse_authority(""), std::nullopt);
}

}  // namespace
}  // namespace ddm::serve
