#include "net/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(proxy, is_read_with_and_without_scheme_user_and_password) {
  const auto plain = parse_proxy("http://proxy.internal:3128/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->address.authority(), "proxy.internal:3128");
  EXPECT_TRUE(plain->authorization.empty());
  EXPECT_EQ(parse_proxy("proxy:3128")->address.authority(), "proxy:3128");

  const auto known = parse_proxy("http://Aladdin:open%20sesame@[::1]:8080");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->address.authority(), "[::1]:8080");
  EXPECT_EQ(known->authorization.reveal(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617
  EXPECT_EQ(parse_proxy("u:p%zz%@h")->authorization.reveal(), "Basic dTpwJXp6JQ==");
}

TEST(proxy, what_cannot_be_used_is_told_without_the_password) {
  for (const auto* const text : {"https://u:SECRET@proxy", "socks5://u:SECRET@proxy",
                                 "http://u:SECRET@", "http://u:SECRET@proxy:x"}) {
    const auto parsed = parse_proxy(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("SECRET")));
  }
}

TEST(proxy, no_proxy_exempts_hosts_domains_ports_and_all) {
  const url endpoint{.tls = true, .host = "streams.dynamodb.eu-west-1.amazonaws.com", .port = 443};
  EXPECT_FALSE(is_exempt(endpoint, ""));
  EXPECT_FALSE(is_exempt(endpoint, ",, ,"));
  EXPECT_FALSE(is_exempt(endpoint, "localhost,dynamodb.eu-west-1.amazonaws.com.cn"));
  EXPECT_FALSE(is_exempt(endpoint, "aws.com"));
  EXPECT_FALSE(is_exempt(endpoint, "amazonaws.com:8443"));
  EXPECT_TRUE(is_exempt(endpoint, "localhost, .AmazonAWS.com"));
  EXPECT_TRUE(is_exempt(endpoint, "amazonaws.com:443"));
  EXPECT_TRUE(is_exempt(endpoint, "streams.dynamodb.eu-west-1.amazonaws.com"));
  EXPECT_TRUE(is_exempt(endpoint, "*"));
  EXPECT_TRUE(is_exempt({.tls = true, .host = "::1", .port = 8000}, "[::1]:8000"));
}

TEST(proxy, no_proxy_exempts_networks_of_addresses) {
  const auto exempt = [](const char* host, std::string_view list) {
    return is_exempt({.tls = true, .host = host, .port = 443}, list);
  };
  EXPECT_TRUE(exempt("10.1.2.3", "localhost,10.0.0.0/8"));
  EXPECT_TRUE(exempt("10.1.2.3", "10.1.2.3/32"));
  EXPECT_TRUE(exempt("10.1.2.3", "10.1.255.255/16"));
  EXPECT_TRUE(exempt("10.1.2.3", "0.0.0.0/0"));
  EXPECT_FALSE(exempt("11.1.2.3", "10.0.0.0/8"));
  EXPECT_FALSE(exempt("10.1.2.3", "10.1.3.0/24"));
  EXPECT_TRUE(exempt("fd00:ec2::254", "fd00::/8"));
  EXPECT_FALSE(exempt("fe80::1", "fd00::/8"));
  EXPECT_FALSE(exempt("10.1.2.3", "fd00::/8"));
  EXPECT_FALSE(exempt("fd00::1", "10.0.0.0/8"));
  EXPECT_FALSE(exempt("10.1.2.3", "10.0.0.0/99"));
  EXPECT_FALSE(exempt("10.1.2.3", "/"));
  EXPECT_FALSE(exempt("ten.example", "10.0.0.0/8"));
}

}  // namespace
}  // namespace ddm::net
