// What it answers, over real sockets.
#include "serve/http_server.h"

#include "base/log.h"
#include "serve/served.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace ddm::serve {
namespace {

using std::chrono::seconds;
using steady = std::chrono::steady_clock;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// The lines that are logged while it lives.
struct logged {
  logged() {
    log::divert([this](std::string_view line) { lines.emplace_back(line); });
  }
  logged(const logged&) = delete;
  logged& operator=(const logged&) = delete;
  ~logged() { log::divert(nullptr); }

  std::vector<std::string> lines;
};

awaitable<raw_client> client_of(http_server& server) {
  raw_client client(co_await asio::this_coro::executor);
  EXPECT_TRUE(co_await client.connect(server));
  co_return client;
}

/// One GET on a connection of its own.
awaitable<raw_answer> ask_once(http_server& server, std::string path, std::string headers = "") {
  auto client = co_await client_of(server);
  co_return co_await client.ask(std::move(path), std::move(headers));
}

/// The status of what is answered to these bytes.
awaitable<int> status_of(http_server& server, std::string wire) {
  auto client = co_await client_of(server);
  co_await client.send(std::move(wire));
  co_return (co_await client.answer()).status;
}

/// The status under that host, with the right token.
awaitable<int> status_under(http_server& server, std::string_view host) {
  co_return co_await status_of(
      server, fmt::format("GET / HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\n\r\n", host,
                          server.address().port, test_token));
}

TEST(http_server, answers_one_request_after_the_other) {
  with_server(local_options(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    EXPECT_NE(server.address().port, 0);
    auto client = co_await client_of(server);
    for (const auto* const path : {"/", "/a", "/a?b=c"}) {
      const auto got = co_await client.ask(path);
      EXPECT_EQ(got.status, 200);
      EXPECT_THAT(got.head, HasSubstr("Connection: keep-alive\r\n"));
    }
    EXPECT_EQ((co_await client.ask("/a%20b?b=c")).body, "GET /a b?b=c\n");
    const auto last = co_await client.ask("/", "Connection: close\r\n");
    EXPECT_THAT(last.head, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(co_await client.ends_within(seconds{3}));
  });
}

TEST(http_server, answers_requests_that_come_at_once_in_their_order) {
  with_server(local_options(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    auto client = co_await client_of(server);
    std::string wire;
    for (int i = 0; i < 20; ++i) {
      wire += fmt::format("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", i, server.address().text());
    }
    co_await client.send(wire);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ((co_await client.answer()).body, fmt::format("GET /{}\n", i));
    }
  });
}

TEST(http_server, answers_head_without_the_body) {
  with_server(local_options(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    auto client = co_await client_of(server);
    co_await client.send(
        fmt::format("HEAD /abc HTTP/1.1\r\nHost: {}\r\n\r\n", server.address().text()));
    const auto got = co_await client.answer(true);
    EXPECT_EQ(got.status, 200);
    EXPECT_THAT(got.head, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_EQ((co_await client.ask("/")).body, "GET \n");
  });
}

TEST(http_server, sends_a_large_body_whole) {
  const auto large = [](const request&) -> answer {
    return response{.body = std::string(5'000'000, 'x'), .headers = {}};
  };
  with_server(local_options(), handler_of(large), [](http_server& server) -> awaitable<void> {
    const auto got = co_await ask_once(server, "/");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body.size(), 5'000'000U);
  });
}

TEST(http_server, lets_a_connection_ask_a_hundred_times) {
  with_server(local_options(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    auto client = co_await client_of(server);
    for (int i = 1; i < 100; ++i) {
      EXPECT_THAT((co_await client.ask("/")).head, HasSubstr("Connection: keep-alive"));
    }
    EXPECT_THAT((co_await client.ask("/")).head, HasSubstr("Connection: close"));
    EXPECT_TRUE(co_await client.ends_within(seconds{3}));
  });
}

TEST(http_server, refuses_what_it_must_not_answer) {
  with_server(local_options(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    const auto host = fmt::format("Host: {}\r\n", server.address().text());
    using namespace std::string_literals;
    EXPECT_EQ(co_await status_of(server, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421);
    EXPECT_EQ(co_await status_of(server, "GET / HTTP/1.1\r\n\r\n"), 421);
    EXPECT_EQ(co_await status_of(server, "GET /../etc/passwd HTTP/1.1\r\n" + host + "\r\n"), 400);
    EXPECT_EQ(co_await status_of(server, "GET /%2e%2e/x HTTP/1.1\r\n" + host + "\r\n"), 400);
    EXPECT_EQ(co_await status_of(server, "GET /a\0b HTTP/1.1\r\n"s + host + "\r\n"), 400);
    EXPECT_EQ(co_await status_of(server, "GET /a%00b HTTP/1.1\r\n" + host + "\r\n"), 400);
    EXPECT_EQ(co_await status_of(server, "GET http://x/ HTTP/1.1\r\n" + host + "\r\n"), 400);
    EXPECT_EQ(
        co_await status_of(server, "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc"),
        405);
    EXPECT_EQ(co_await status_of(server, "POST /login HTTP/1.1\r\n" + host + "\r\n"), 405);
    EXPECT_EQ(
        co_await status_of(server, "GET / HTTP/1.1\r\n" + host + "Origin: http://evil\r\n\r\n"),
        403);
    EXPECT_EQ(co_await status_of(
                  server, "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n"),
              411);
    EXPECT_EQ(co_await status_of(server, "\x16\x03\x01\x02\r\n\r\n"), 400);
    EXPECT_EQ(
        co_await status_of(server, "GET / HTTP/1.1\r\n" + host + "A: " + std::string(100'000, 'a')),
        431);
    EXPECT_EQ((co_await ask_once(server, "/")).status, 200);
  });
}

TEST(http_server, survives_a_handler_that_throws_and_logs_it_once_a_minute) {
  const logged log;
  const auto broken = [](const request& asked) -> answer {
    if (asked.path.empty()) {
      throw std::runtime_error("secret detail");
    }
    return echo(asked);
  };
  with_server(local_options(), handler_of(broken), [](http_server& server) -> awaitable<void> {
    auto client = co_await client_of(server);
    for (int i = 0; i < 3; ++i) {
      const auto got = co_await client.ask("/");
      EXPECT_EQ(got.status, 500);
      EXPECT_THAT(got.body, Not(HasSubstr("secret detail")));
      EXPECT_EQ((co_await client.ask("/a")).status, 200) << "on the same connection";
    }
  });
  EXPECT_THAT(log.lines, SizeIs(1));
  EXPECT_THAT(log.lines, Each(HasSubstr("event=http_answer_failed")));
}

awaitable<answer> never(const request&) {
  co_await sleep(seconds{60});
  co_return response{};
}

TEST(http_server, gives_up_a_handler_that_takes_too_long) {
  const logged log;
  auto options = local_options();
  options.limits.handler_time = milliseconds{50};
  with_server(options, never, [](http_server& server) -> awaitable<void> {
    EXPECT_EQ((co_await ask_once(server, "/")).status, 503);
  });
  EXPECT_THAT(log.lines, Each(HasSubstr("event=http_answer_late")));
}

TEST(http_server, takes_the_right_token_and_lets_a_wrong_one_wait_without_holding_up_others) {
  const logged log;
  with_server(options_with_token(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    EXPECT_EQ((co_await ask_once(server, "/")).status, 401);
    EXPECT_EQ((co_await ask_once(server, "/?token=0123456789abcdef-right")).status, 401);
    const auto right = fmt::format("Authorization: Bearer {}\r\n", test_token);
    EXPECT_EQ((co_await ask_once(server, "/", right)).status, 200);

    auto guesser = co_await client_of(server);
    const auto begin = steady::now();
    co_await guesser.get("/", "Authorization: Bearer 0123456789abcdef-wrong\r\n");
    EXPECT_EQ((co_await ask_once(server, "/", right)).status, 200);
    EXPECT_LT(steady::now() - begin, milliseconds{250});
    EXPECT_EQ((co_await guesser.answer()).status, 401);
    EXPECT_GE(steady::now() - begin, milliseconds{300});
  });
  EXPECT_THAT(log.lines, Each(HasSubstr("event=http_wrong_token")));
  EXPECT_THAT(log.lines, Each(Not(HasSubstr("0123456789abcdef"))));
}

TEST(http_server, logs_a_browser_in) {
  const logged log;
  with_server(options_with_token(), handler_of(echo), [](http_server& server) -> awaitable<void> {
    const auto log_in = [&](std::string form, std::string headers) {
      return fmt::format(
          "POST /login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
          "Content-Length: {}\r\n{}\r\n{}",
          server.address().text(), form.size(), headers, form);
    };
    auto client = co_await client_of(server);
    const auto page = co_await client.ask("/", "Accept: text/html\r\n");
    EXPECT_EQ(page.status, 401);
    EXPECT_THAT(page.body, HasSubstr("<form"));
    EXPECT_THAT(page.head, HasSubstr("Referrer-Policy: same-origin\r\n"));

    co_await client.send(log_in("token=wrong", ""));
    EXPECT_EQ((co_await client.answer()).status, 401);
    const auto right = fmt::format("token={}", test_token);
    co_await client.send(log_in(right, "Origin: http://evil.example\r\n"));
    EXPECT_EQ((co_await client.answer()).status, 403);
    EXPECT_TRUE(co_await client.ends_within(seconds{3})) << "its body was not read";

    auto again = co_await client_of(server);
    co_await again.send(
        log_in(right, fmt::format("Origin: http://{}\r\n", server.address().text())));
    const auto welcome = co_await again.answer();
    EXPECT_EQ(welcome.status, 303);
    EXPECT_THAT(welcome.head, HasSubstr("\r\nLocation: /\r\n"));
    const auto at = welcome.head.find("ddm_session=");
    const auto cookie = welcome.head.substr(at, welcome.head.find(';', at) - at);
    EXPECT_THAT(cookie, SizeIs(12 + 64));
    EXPECT_EQ((co_await again.ask("/x", fmt::format("Cookie: {}\r\n", cookie))).body, "GET /x\n");
    EXPECT_EQ((co_await again.ask("/x", "Cookie: ddm_session=1\r\n")).status, 401);

    co_await again.send(log_in(std::string(login_bytes_max + 1, 'a'), ""));
    EXPECT_EQ((co_await again.answer()).status, 413);
  });
}

TEST(http_server, says_why_it_cannot_be_opened) {
  net::run([]() -> awaitable<void> {
    system_clock time;
    const auto executor = co_await asio::this_coro::executor;
    const auto open_at = [&](listen_address at) {
      return http_server::open(executor, time, {.at = std::move(at), .access = {}},
                               handler_of(echo));
    };
    const auto outside = open_at({.host = "0.0.0.0", .port = 0});
    EXPECT_FALSE(outside);
    EXPECT_THAT(outside.error().message, HasSubstr("--listen-token-file"));
    auto first = open_at({.host = "127.0.0.1", .port = 0});
    EXPECT_TRUE(first && (*first)->begin());
    const auto second = open_at((*first)->address());
    EXPECT_TRUE(second);
    EXPECT_FALSE((*second)->taken());
    const auto begun = (*second)->begin();
    EXPECT_FALSE(begun);
    EXPECT_EQ(begun.error().kind, error_class::fatal);
    EXPECT_THAT(begun.error().message, HasSubstr("another program listens there"));
    auto nowhere = options_with_token();
    nowhere.at.host = "192.0.2.1";  // for documents: no host has it
    const auto third = http_server::open(executor, time, nowhere, handler_of(echo));
    EXPECT_TRUE(third && !(*third)->begin());
    EXPECT_EQ((*third)->taken().error().kind, error_class::wrong_usage);
    EXPECT_THAT((*third)->taken().error().message, HasSubstr("192.0.2.1"));
    (*first)->stop();
    co_await (*first)->join();
  }());
}

TEST(http_server, knows_itself_by_the_address_that_was_reached) {
  auto options = options_with_token();
  options.at.host = "0.0.0.0";
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    EXPECT_EQ(co_await status_under(server, "127.0.0.1"), 200);
    EXPECT_EQ(co_await status_under(server, "localhost"), 200);
    EXPECT_EQ(co_await status_under(server, "evil.example"), 421);
  });
}

}  // namespace
}  // namespace ddm::serve
