#include "serve/request_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ddm::serve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(request_target, is_taken_apart_and_decoded) {
  const auto target =
      parse_target("/api/v1/migrations/Or%64ers+x/findings?state=open&after=a%2Fb+c");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("api", "v1", "migrations", "Orders+x", "findings"));
  EXPECT_THAT(target->query, ElementsAre(parameter{"state", "open"}, parameter{"after", "a/b c"}));
  ASSERT_NE(find_parameter(target->query, "state"), nullptr);
  EXPECT_EQ(*find_parameter(target->query, "state"), "open");
  EXPECT_EQ(find_parameter(target->query, "kind"), nullptr);
}

TEST(request_target, of_the_root_has_no_segments) {
  const auto target = parse_target("/");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, IsEmpty());
  EXPECT_TRUE(parse_target("/?"));
  EXPECT_TRUE(parse_target("/?&&a&"));
}

TEST(request_target, takes_names_in_any_script_and_nothing_that_is_no_utf8) {
  EXPECT_TRUE(parse_target("/%E8%A1%A8"));
  EXPECT_FALSE(parse_target("/%E8%A1"));
  EXPECT_FALSE(parse_target("/%C0%AE%C0%AE"));  // ".." as it must not be written
  EXPECT_FALSE(parse_target("/\xE8\xA1\xA8"));
}

class refused_target : public testing::TestWithParam<std::string> {};

TEST_P(refused_target, is_a_bad_request_that_is_not_quoted) {
  const auto target = parse_target(GetParam());
  ASSERT_FALSE(target) << GetParam();
  EXPECT_EQ(target.error().http_status, 400);
  EXPECT_LT(target.error().message.size(), 100U);
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(all, refused_target,
                         testing::Values(""s, "x"s, "*"s, "http://127.0.0.1/"s, "127.0.0.1:80"s,
                                         "//"s, "/a/"s, "/a//b"s, "/."s, "/.."s, "/a/../b"s,
                                         "/%2e%2E"s, "/%2e"s, "/a/.%2e/b"s, "/a%2fb"s, "/a%5Cb"s,
                                         "/a\\b"s, "/a%00"s, "/a\0b"s, "/a%0A"s, "/a%09"s, "/a%7f"s,
                                         "/a b"s, "/a\tb"s, "/a\x7f"s, "/a#b"s, "/%"s, "/%4"s,
                                         "/%4g"s, "/%g4"s, "/% 4"s, "/%+4"s, "/?=1"s, "/?a=1&a=2"s,
                                         "/?a&%61"s, "/?a=%00"s, "/?a=%"s, "/?a=%e2%80%ae"s,
                                         "/" + std::string(target_bytes_max, 'a')));

TEST(request_target, may_have_two_kilobytes) {
  EXPECT_TRUE(parse_target("/" + std::string(target_bytes_max - 1, 'a')));
}

}  // namespace
}  // namespace ddm::serve
