#include "net/http_client.h"

#include "net/run.h"
#include "net/scripted_server.h"
#include "runtime/task_group.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ddm::net {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<http_client> make_client(const asio::any_io_executor& executor, const url& endpoint,
                                         http_options options = {}) {
  auto made = http_client::create(executor, endpoint, std::move(options));
  EXPECT_TRUE(made);
  return std::move(*made);
}

constexpr std::size_t answer_max = std::size_t{4} << 20;

http_request post(std::string body, milliseconds timeout = seconds{10},
                  milliseconds longest = milliseconds{0}) {
  return {.method = "POST",
          .body = std::move(body),
          .answer_bytes_max = answer_max,
          .timeout = timeout,
          .longest = longest};
}

using scripts = std::vector<connection_script>;
using check = awaitable<void> (*)(http_client&, scripted_server&);

/// A server with that script, a client for it, and what the test does with them.
awaitable<void> talk(scripts script, http_options options, check body) {
  const auto executor = co_await asio::this_coro::executor;
  scripted_server server(executor, std::move(script));
  {
    const auto client = make_client(executor, server.endpoint(), std::move(options));
    co_await body(*client, server);
  }
  co_await server.stop();
}

void talk_to(scripts script, check body, http_options options = {}) {
  run(talk(std::move(script), std::move(options), body));
}

awaitable<void> expect_body(http_client& client, std::string_view expected) {
  const auto answer = co_await client.send(post("x"));
  EXPECT_TRUE(answer) << answer.error().describe();
  if (answer) {
    EXPECT_EQ(answer->body.view(), expected);
  }
}

awaitable<void> expect_failure(http_client& client, std::string_view code,
                               error_class kind = error_class::retry) {
  const auto answer = co_await client.send(post("x"));
  EXPECT_FALSE(answer);
  if (!answer) {
    EXPECT_EQ(answer.error().code, code) << answer.error().describe();
    EXPECT_EQ(answer.error().kind, kind);
  }
}

TEST(http_client, sends_the_request_as_given_and_gives_the_answer_as_sent) {
  talk_to(
      {{{"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nX-Amzn-RequestId:  abc \r\n\r\ngone"}}},
      [](http_client& client, scripted_server& server) -> awaitable<void> {
        auto request = post("{\"a\":1}");
        request.target = "/path?q=1";
        request.headers.add("x-amz-target", "T.Op");
        const auto answer = co_await client.send(std::move(request));
        EXPECT_TRUE(answer);
        EXPECT_EQ(answer->status, 404);
        EXPECT_EQ(answer->body.view(), "gone");
        EXPECT_EQ(answer->headers.find("x-amzn-requestid"), "abc");
        EXPECT_EQ(server.requests().at(0),
                  "POST /path?q=1 HTTP/1.1\r\nHost: " + client.endpoint().authority() +
                      "\r\nx-amz-target: T.Op\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
      });
}

TEST(http_client, keeps_a_connection_for_the_next_request) {
  talk_to({{{ok("one")}, {ok("two")}, {ok("")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            co_await expect_body(client, "two");
            co_await expect_body(client, "");
            EXPECT_EQ(server.connections(), 1U);
          });
}

TEST(http_client, takes_a_new_connection_when_the_server_closed_the_idle_one) {
  talk_to({{{ok("one"), after_reply::close}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            co_await expect_body(client, "two");
            EXPECT_EQ(server.connections(), 2U);
          });
}

TEST(http_client, does_not_repeat_a_request_that_a_new_connection_lost) {
  talk_to({{{"", after_reply::close}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_failure(client, "ConnectionLost");
            EXPECT_EQ(server.requests().size(), 1U);
          });
}

TEST(http_client, does_not_repeat_a_request_whose_answer_had_begun) {
  talk_to({{{ok("one")}, {"HTTP/1.1 200", after_reply::close}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            co_await expect_failure(client, "ConnectionLost");
            EXPECT_EQ(server.connections(), 1U);
          });
}

TEST(http_client, does_not_keep_a_connection_that_the_server_wants_closed) {
  talk_to({{{ok("one", "Connection: close\r\n"), after_reply::hang}},
           {{"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\ntwo", after_reply::hang}},
           {{ok("three") + "unasked", after_reply::hang}},
           {{ok("four")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            co_await expect_body(client, "two");
            co_await expect_body(client, "three");
            co_await expect_body(client, "four");
            EXPECT_EQ(server.connections(), 4U);
          });
}

TEST(http_client, drops_connections_that_were_idle_too_long) {
  talk_to({{{ok("one")}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            co_await expect_body(client, "two");
            EXPECT_EQ(server.connections(), 2U);
          },
          {.idle_max = seconds{0}});
}

TEST(http_client, renews_connections_of_a_certain_age_so_that_changed_addresses_are_followed) {
  talk_to({{{ok("one")}, {ok("unused")}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            co_await expect_body(client, "two");
            EXPECT_EQ(server.connections(), 2U);
          },
          {.age_max = seconds{0}});
}

TEST(http_client, joins_the_chunks_of_a_body) {
  talk_to({{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nTrailer: t\r\n\r\n"},
            {ok("next")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "hello, world");
            co_await expect_body(client, "next");
            EXPECT_EQ(server.connections(), 1U);
          });
}

TEST(http_client, joins_them_in_whatever_pieces_they_come) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  talk_to({{{head + "5\r\nhello\r\n0\r\n\r\n", after_reply::keep, 1},
            {head + "0\r\n\r\n", after_reply::keep, 1},
            {ok("next")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "hello");
            co_await expect_body(client, "");
            co_await expect_body(client, "next");
            EXPECT_EQ(server.connections(), 1U);
          });
}

TEST(http_client, a_body_without_length_ends_with_the_connection) {
  talk_to({{{"HTTP/1.1 200 OK\r\n\r\nall of it", after_reply::close}}, {{ok("next")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "all of it");
            co_await expect_body(client, "next");
            EXPECT_EQ(server.connections(), 2U);
          });
}

TEST(http_client, an_answer_without_a_body_has_none) {
  talk_to({{{"HTTP/1.1 204 No Content\r\n\r\n"}, {ok("next")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "");
            co_await expect_body(client, "next");
            EXPECT_EQ(server.connections(), 1U);
          });
}

TEST(http_client, interim_answers_are_passed_over) {
  talk_to(
      {{{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("real")}}},
      [](http_client& client, scripted_server&) -> awaitable<void> {
        co_await expect_body(client, "real");
      });
}

TEST(http_client, reads_large_bodies_whole) {
  static const std::string large = [] {
    std::string text(3'000'000, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) {
      text[i] = static_cast<char>(i * 31 % 251);
    }
    return text;
  }();
  std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2dc6c0\r\n" + large + "\r\n0\r\n\r\n";
  talk_to({{{ok(large)}, {std::move(chunked)}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            co_await expect_body(client, large);
            co_await expect_body(client, large);
          });
}

TEST(http_client, a_truncated_body_is_an_error_worth_a_retry) {
  talk_to({{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", after_reply::close}},
           {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", after_reply::close}},
           {{"HTTP/1.1 200 OK\r\nConte", after_reply::close}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            const auto answer = co_await client.send(post("x"));
            EXPECT_FALSE(answer);
            EXPECT_EQ(answer.error().kind, error_class::retry);
            EXPECT_THAT(answer.error().message, HasSubstr("after 5 of the 10 bytes"));
            co_await expect_failure(client, "ConnectionLost");
            co_await expect_failure(client, "ConnectionLost");
          });
}

TEST(http_client, what_is_not_http_is_an_error_worth_a_retry) {
  talk_to({{{"SSH-2.0-OpenSSH_9.2\r\n\r\n"}},
           {{"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"}},
           {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            co_await expect_failure(client, "BadAnswer");
            co_await expect_failure(client, "BadAnswer");
            co_await expect_failure(client, "BadAnswer");
          });
}

TEST(http_client, heads_and_bodies_have_a_bound) {
  std::string endless = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 5000; ++i) {
    endless += "X-Filler: 0123456789\r\n";
  }
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string line(100'000, 'x');
  talk_to({{{"HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n", after_reply::hang}},
           {{chunked + "400001\r\n", after_reply::hang}},
           {{"HTTP/1.1 200 OK\r\n\r\n" + std::string(answer_max + 1, 'x'), after_reply::hang}},
           {{"HTTP/1.1 503 Busy\r\nContent-Length: 4194305\r\n\r\n", after_reply::hang}},
           {{std::move(endless), after_reply::hang}},
           {{chunked + "1;" + line, after_reply::hang}},
           {{chunked + "0\r\nX-Trailer: " + line, after_reply::hang}},
           {{ok(std::string(answer_max, 'x'))}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            const auto too_large = co_await client.send(post("x"));
            EXPECT_FALSE(too_large);
            EXPECT_EQ(too_large.error().message, "the answer is larger than 4 MiB");
            for (int i = 0; i < 2; ++i) {
              co_await expect_failure(client, answer_too_large, error_class::fatal);
            }
            for (int i = 0; i < 4; ++i) {
              co_await expect_failure(client, "BadAnswer");
            }
            co_await expect_body(client, std::string(answer_max, 'x'));
          });
}

/// Else it would be taken for the answer to the next request.
TEST(http_client, what_nobody_asked_for_ends_the_connection) {
  const auto first = ok("one");
  talk_to({{{first + ok("unasked"), after_reply::hang, first.size()}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            co_await expect_body(client, "one");
            boost::asio::steady_timer pause(co_await asio::this_coro::executor,
                                            std::chrono::milliseconds{50});
            co_await pause.async_wait(asio::use_awaitable);
            co_await expect_body(client, "two");
            EXPECT_EQ(server.connections(), 2U);
          });
}

TEST(http_client, a_request_ends_at_its_deadline_and_its_connection_is_dropped) {
  talk_to(
      {{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", after_reply::hang}}, {{ok("two")}}},
      [](http_client& client, scripted_server& server) -> awaitable<void> {
        const auto answer = co_await client.send(post("x", milliseconds{50}));
        EXPECT_FALSE(answer);
        EXPECT_EQ(answer.error().code, "Timeout");
        EXPECT_EQ(answer.error().kind, error_class::retry);
        EXPECT_THAT(answer.error().message, HasSubstr("gave no whole answer within 50 ms: 3 B"));
        EXPECT_THAT(answer.error().message, StartsWith("127.0.0.1:"));
        co_await expect_body(client, "two");
        EXPECT_EQ(server.connections(), 2U);
      });
}

TEST(http_client, a_request_that_is_not_answered_says_what_it_waited_for) {
  talk_to({{{"", after_reply::hang}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            const auto answer = co_await client.send(post("x", milliseconds{50}));
            EXPECT_FALSE(answer);
            EXPECT_THAT(answer.error().message,
                        HasSubstr("gave no answer within 50 ms (while waiting for the answer)"));
          });
}

/// A page of 1 MB over a slow link: asked for again it would never come.
TEST(http_client, an_answer_that_comes_steadily_is_waited_for_beyond_the_deadline) {
  const std::string body(std::size_t{64} * 1024, 'x');
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n" + body + "\r\n0\r\n\r\n";
  talk_to({{{ok(body), after_reply::keep, 1024}, {chunked, after_reply::keep, 1024}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            for (int i = 0; i < 2; ++i) {
              const auto began = std::chrono::steady_clock::now();
              const auto answer = co_await client.send(post("x", milliseconds{100}, seconds{10}));
              EXPECT_TRUE(answer && answer->body.size() == std::size_t{64} * 1024);
              EXPECT_GT(std::chrono::steady_clock::now() - began, milliseconds{150});
            }
            EXPECT_EQ(server.connections(), 1U);
          });
}

TEST(http_client, an_answer_that_comes_steadily_has_a_limit_too) {
  talk_to({{{ok(std::string(std::size_t{1} << 20, 'x')), after_reply::hang, 1024}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            const auto began = std::chrono::steady_clock::now();
            const auto answer =
                co_await client.send(post("x", milliseconds{100}, milliseconds{250}));
            EXPECT_FALSE(answer);
            EXPECT_THAT(answer.error().message, HasSubstr("gave no whole answer within 250 ms"));
            EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{1});
          });
}

/// Interim answers, extensions of chunks: as much as one likes of what is no body.
TEST(http_client, what_is_no_body_extends_nothing) {
  std::string interim;
  std::string padded = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 80'000; ++i) {
    interim += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  for (int i = 0; i < 500; ++i) {
    padded += "1;" + std::string(4000, 'x') + "\r\ny\r\n";
  }
  for (const auto& noise : {interim, padded}) {
    talk_to({{{noise, after_reply::hang, 2048}}},
            [](http_client& client, scripted_server&) -> awaitable<void> {
              const auto began = std::chrono::steady_clock::now();
              const auto answer = co_await client.send(post("x", milliseconds{100}, seconds{10}));
              EXPECT_FALSE(answer);
              EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{1});
            });
  }
}

TEST(http_client, an_answer_that_trickles_is_not) {
  talk_to({{{ok(std::string(4096, 'x')), after_reply::hang, 1}}},
          [](http_client& client, scripted_server&) -> awaitable<void> {
            const auto answer = co_await client.send(post("x", milliseconds{100}, seconds{10}));
            EXPECT_FALSE(answer);
            EXPECT_EQ(answer.error().code, "Timeout");
          });
}

awaitable<void> send_and_note(http_client& client, std::string& log,
                              milliseconds timeout = seconds{10}) {
  try {
    const auto answer = co_await client.send(post("x", timeout));
    log += answer ? std::string(answer->body.view()) : answer.error().code;
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::operation_aborted);
    log += "cancelled";
    throw;
  }
}

awaitable<void> wait_until(const std::vector<std::string>& requests, std::size_t count) {
  while (requests.size() < count) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
}

TEST(http_client, a_cancelled_request_throws_and_its_connection_is_dropped) {
  talk_to({{{"HTTP/1.1 200 OK\r\n", after_reply::hang}}, {{ok("two")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            std::string log;
            task_group group(co_await asio::this_coro::executor);
            group.spawn(send_and_note(client, log));
            co_await wait_until(server.requests(), 1);
            group.cancel();
            co_await group.join();
            EXPECT_EQ(log, "cancelled");
            co_await expect_body(client, "two");
            EXPECT_EQ(server.connections(), 2U);
          });
}

TEST(http_client, connections_are_bounded_and_requests_queue_for_them) {
  talk_to({{{ok("a")}, {ok("b")}, {ok("c")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            std::string log;
            task_group group(co_await asio::this_coro::executor);
            for (int i = 0; i < 3; ++i) {
              group.spawn(send_and_note(client, log));
            }
            co_await group.join();
            EXPECT_EQ(log, "abc");
            EXPECT_EQ(server.connections(), 1U);
          },
          {.connections_max = 1});
}

TEST(http_client, waiting_for_a_connection_does_not_count_against_the_deadline) {
  talk_to({{{"HTTP/1.1 200 OK\r\n", after_reply::hang}}, {{ok("b")}}},
          [](http_client& client, scripted_server& server) -> awaitable<void> {
            std::string log;
            task_group group(co_await asio::this_coro::executor);
            group.spawn(send_and_note(client, log, milliseconds{400}));
            co_await wait_until(server.requests(), 1);
            group.spawn(send_and_note(client, log, milliseconds{350}));
            co_await group.join();
            EXPECT_EQ(log, "Timeoutb");
          },
          {.connections_max = 1});
}

awaitable<void> refused() {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
  const auto port = acceptor.local_endpoint().port();
  acceptor.close();
  const auto client = make_client(executor, {.host = "127.0.0.1", .port = port});
  const auto answer = co_await client->send(post("x"));
  EXPECT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ConnectionFailed");
  EXPECT_EQ(answer.error().kind, error_class::retry);
  EXPECT_THAT(answer.error().message, HasSubstr("refused"));
}
TEST(http_client, a_refused_connection_is_an_error_worth_a_retry) { run(refused()); }

awaitable<void> by_name() {
  const auto executor = co_await asio::this_coro::executor;
  scripted_server server(executor, {{{ok("hello")}}});
  auto endpoint = server.endpoint();
  // On many machines ::1 comes first, where nobody listens: the next address is tried.
  endpoint.host = "localhost";
  {
    const auto client = make_client(executor, endpoint);
    co_await expect_body(*client, "hello");
  }
  co_await server.stop();
}
TEST(http_client, tries_all_addresses_of_a_name) { run(by_name()); }

awaitable<void> unknown_name() {
  const auto client =
      make_client(co_await asio::this_coro::executor, {.host = "no-such-host.invalid", .port = 80});
  const auto answer = co_await client->send(post("x", milliseconds{5000}));
  EXPECT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, error_class::retry);
  EXPECT_THAT(answer.error().message, HasSubstr("no-such-host.invalid"));
}
TEST(http_client, an_unknown_name_is_an_error_that_tells_it) { run(unknown_name()); }

}  // namespace
}  // namespace ddm::net
