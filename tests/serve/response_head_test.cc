#include "serve/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ddm::serve {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const wall_time then = from_ms(784'111'777'000);

TEST(response_head, has_what_every_answer_has) {
  const auto head = response_head(plain_text(200, "x"), 2, true, then);
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  constexpr std::string_view policy =
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
  for (const auto& line :
       {std::string("Date: Sun, 06 Nov 1994 08:49:37 GMT"),
        std::string("Content-Type: text/plain; charset=utf-8"), std::string("Content-Length: 2"),
        std::string("Cache-Control: no-store"), std::string("X-Content-Type-Options: nosniff"),
        std::string("Referrer-Policy: no-referrer"), std::string("Connection: keep-alive"),
        "Content-Security-Policy: " + std::string(policy)}) {
    EXPECT_THAT(head, HasSubstr("\r\n" + line + "\r\n"));
  }
  EXPECT_THAT(head, Not(HasSubstr("Access-Control")));
}

TEST(response_head, lets_a_page_with_a_form_tell_its_origin) {
  response page = plain_text(401, "x");
  page.has_form = true;
  EXPECT_THAT(response_head(page, 2, false, then),
              HasSubstr("\r\nReferrer-Policy: same-origin\r\n"));
}

TEST(response_head, is_never_split_by_a_value) {
  response evil = plain_text(200, "x");
  evil.content_type = "a\r\nX-Evil: 1";
  evil.headers.add("X-Own", "b\r\n\r\nc");
  const auto head = response_head(evil, std::nullopt, false, then);
  EXPECT_THAT(head, Not(HasSubstr("\r\nX-Evil")));
  EXPECT_EQ(head.find("\r\n\r\n"), head.size() - 4);
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: close\r\n"));
}

}  // namespace
}  // namespace ddm::serve
