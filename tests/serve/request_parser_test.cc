#include "serve/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace ddm::serve {
namespace {

/// As a connection does it, in pieces of that size.
int refusal_of(request_parser& parser, std::string_view wire, std::size_t piece = 10'000) {
  std::string waiting;
  for (std::size_t at = 0; at < wire.size() && !parser.complete() && parser.refusal() == 0;
       at += piece) {
    waiting += wire.substr(at, piece);
    waiting.erase(0, parser.take(waiting));
  }
  return parser.refusal();
}

TEST(request_parser, finds_what_is_looked_at) {
  for (const std::size_t piece : {1, 7, 1000}) {
    request_parser parser;
    EXPECT_EQ(refusal_of(parser,
                         "POST /login HTTP/1.1\r\nHOST: a:1\r\nOrigin: http://a:1\r\n"
                         "Authorization: Bearer x\r\nCookie: a=1; b=2\r\nAccept: text/html\r\n"
                         "Content-Type: t\r\nlast-event-id: 7\r\nContent-Length: 12\r\n\r\n",
                         piece),
              0);
    ASSERT_TRUE(parser.complete());
    const auto& head = parser.head();
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/login");
    EXPECT_EQ(head.host, "a:1");
    EXPECT_EQ(head.origin, "http://a:1");
    EXPECT_EQ(head.authorization.reveal(), "Bearer x");
    EXPECT_EQ(head.cookie.reveal(), "a=1; b=2");
    EXPECT_EQ(head.accept, "text/html");
    EXPECT_EQ(head.content_type, "t");
    EXPECT_EQ(head.last_event_id, "7");
    EXPECT_EQ(head.body_bytes, 12U);
    EXPECT_TRUE(parser.wants_more());
  }
}

TEST(request_parser, leaves_the_next_request_alone) {
  constexpr std::string_view first = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  request_parser parser;
  EXPECT_EQ(parser.take(std::string(first) + "GET /2 HTTP/1.1\r\n"), first.size());
  EXPECT_TRUE(parser.complete());
}

TEST(request_parser, sees_who_wants_no_more) {
  for (const auto* const wire :
       {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    request_parser parser;
    EXPECT_EQ(refusal_of(parser, wire), 0);
    EXPECT_FALSE(parser.wants_more()) << wire;
  }
}

TEST(request_parser, refuses_what_is_no_plain_request) {
  const auto expect = [](int status, const std::string& wire) {
    request_parser parser;
    EXPECT_EQ(refusal_of(parser, wire), status) << wire.substr(0, 80);
    EXPECT_FALSE(parser.complete());
  };
  expect(400, "\x16\x03\x01\x02\r\n\r\n");  // TLS
  expect(400, "GET / HTTP/2.0\r\n\r\n");
  expect(400, "GET /\r\n\r\n");
  expect(400, "GET / HTTP/1.1\r\nno colon\r\n\r\n");
  expect(400, "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
  expect(400, "GET / HTTP/1.1\r\nOrigin: a\r\nOrigin: b\r\n\r\n");
  expect(400, "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  expect(400, "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n");
  expect(411, "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect(411, "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n");
  const std::string start = "GET / HTTP/1.1\r\n";
  expect(431, start + "A: " + std::string(request_head_bytes_max, 'a') + "\r\n\r\n");
  expect(431, "GET /" + std::string(6000, 'a') + " HTTP/1.1\r\nA: " + std::string(6000, 'a') +
                  "\r\n\r\n");
  expect(431, start + "A: " + std::string(2 * request_head_bytes_max, 'a'));
}

TEST(request_parser, bounds_a_head_that_comes_in_pieces) {
  request_parser parser;
  EXPECT_EQ(refusal_of(parser, "GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a'), 100), 431);
  request_parser fields;
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 2000; ++i) {
    many += "A: b\r\n";
  }
  EXPECT_EQ(refusal_of(fields, many, 100), 431);
}

}  // namespace
}  // namespace ddm::serve
