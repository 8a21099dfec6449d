#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::net {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

TEST(url, is_taken_apart) {
  EXPECT_EQ(parse_url("https://dynamodb.eu-west-1.amazonaws.com"),
            (url{.tls = true, .host = "dynamodb.eu-west-1.amazonaws.com", .port = 443}));
  EXPECT_EQ(parse_url("HTTP://LocalHost:8000/"), (url{.host = "localhost", .port = 8000}));
  EXPECT_EQ(parse_url("http://a_b/some/path"),
            (url{.host = "a_b", .port = 80, .path = "/some/path"}));
  EXPECT_EQ(parse_url("http://[::1]:8000"), (url{.host = "::1", .port = 8000}));
  EXPECT_EQ(parse_url("https://[FE80::1]/"), (url{.tls = true, .host = "fe80::1", .port = 443}));
}

TEST(url, authority_has_the_port_only_where_it_is_not_usual) {
  EXPECT_EQ((url{.tls = true, .host = "a", .port = 443}.authority()), "a");
  EXPECT_EQ((url{.host = "a", .port = 443}.authority()), "a:443");
  EXPECT_EQ((url{.host = "::1", .port = 80}.authority()), "[::1]");
  EXPECT_EQ((url{.host = "::1", .port = 8000}.authority()), "[::1]:8000");
}

TEST(url, text_reads_back) {
  for (const auto* const text :
       {"https://a.b/", "http://[::1]:8000/x", "http://127.0.0.1:1/", "http://h:443/"}) {
    const auto parsed = parse_url(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->text(), text);
  }
}

TEST(url, an_error_shows_no_password_and_no_query) {
  const auto shown = [](std::string_view text) { return parse_url(text).error().message; };
  for (const auto* const text :
       {"http://user:s3cret@a", "https://s3cret@a/", "http://a/?token=s3cret", "http://a#s3cret",
        "user:s3cret@a", "http://u:s3cret?x@a", "http://a/?x=s3cret@b", "http://u:s3cret/x@a b",
        "a/?s3cret", "http://user:s3cret", "http://a/?s3cret&x=http://b@c"}) {
    EXPECT_THAT(shown(text), testing::Not(HasSubstr("s3cret"))) << text;
  }
  EXPECT_THAT(shown("http://user:s3cret@a:80"), HasSubstr("\"http://…@a:80\""));
  EXPECT_THAT(shown("http://a/b?x=1"), HasSubstr("\"http://a/b?…\""));
}

TEST(url, an_error_says_what_is_wrong) {
  const auto why = [](std::string_view text) {
    const auto parsed = parse_url(text);
    return parsed ? "none" : parsed.error().message;
  };
  EXPECT_THAT(why("localhost:8000"), HasSubstr("no http:// or https://"));
  EXPECT_THAT(why("ftp://a"), HasSubstr("neither http nor https"));
  EXPECT_THAT(why("http://"), HasSubstr("no host"));
  EXPECT_THAT(why("http://:80"), HasSubstr("no host"));
  EXPECT_THAT(why("http://a b"), HasSubstr("no host name"));
  EXPECT_THAT(why("http://a/b c"), HasSubstr("blank"));
  EXPECT_THAT(why("http://a/b\r\nHost: c"), HasSubstr("blank"));
  EXPECT_THAT(why("http://[::1"), HasSubstr("IPv6"));
  EXPECT_THAT(why("http://[]"), HasSubstr("IPv6"));
  EXPECT_THAT(why("http://[::1%x\r\nHost: c]"), HasSubstr("IPv6"));
  EXPECT_THAT(why("http://[::1\0c]"sv), HasSubstr("IPv6"));
  EXPECT_THAT(why("http://[1.2.3.4]"), HasSubstr("IPv6"));
  EXPECT_THAT(why("https://[::1%1]"), HasSubstr("zone"));
  EXPECT_TRUE(parse_url("http://[fe80::1%lo]"));
  EXPECT_THAT(why("http://[::1]8000"), HasSubstr("port"));
  EXPECT_THAT(why("http://a:"), HasSubstr("port"));
  EXPECT_THAT(why("http://a:0"), HasSubstr("port"));
  EXPECT_THAT(why("http://a:65536"), HasSubstr("port"));
  EXPECT_THAT(why("http://a:80x"), HasSubstr("port"));
  EXPECT_THAT(why("http://user@a"), HasSubstr("user name"));
  EXPECT_THAT(why("http://a?x=1"), HasSubstr("query"));
  EXPECT_THAT(why("http://a#x"), HasSubstr("fragment"));
}

}  // namespace
}  // namespace ddm::net
