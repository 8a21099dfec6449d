// What a client cannot do to it: hold it up, fill it, or outlive it.
#include "base/log.h"
#include "serve/served.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <dirent.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace ddm::serve {
namespace {

using std::chrono::seconds;
using steady = std::chrono::steady_clock;
using testing::HasSubstr;

class server_bounds : public testing::Test {
 protected:
  server_bounds() {
    log::divert([](std::string_view) {});
    options.limits.head_time = milliseconds{300};
    options.limits.idle_time = milliseconds{300};
    options.limits.write_time = milliseconds{300};
    options.limits.heartbeat = milliseconds{100};
  }
  ~server_bounds() override { log::divert(nullptr); }

  http_server_options options = local_options();
};

/// Of descriptors; as before once it is destroyed.
struct descriptor_limit {
  descriptor_limit() { EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;
  ~descriptor_limit() { set(before.rlim_cur); }
  void set(rlim_t count) const {
    const rlimit wanted{.rlim_cur = count, .rlim_max = before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &wanted), 0);
  }

  rlimit before{};
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  while (::readdir(folder.get()) != nullptr) {
    ++count;
  }
  return count - 3;  // "." and "..", and the listing's own
}

using clients = std::vector<std::unique_ptr<raw_client>>;

awaitable<raw_client*> add_client(clients& all, http_server& server, int receive_bytes = 0) {
  all.push_back(std::make_unique<raw_client>(co_await asio::this_coro::executor));
  EXPECT_TRUE(co_await all.back()->connect(server, receive_bytes));
  co_return all.back().get();
}

awaitable<int> status_of_new_client(http_server& server) {
  raw_client client(co_await asio::this_coro::executor);
  EXPECT_TRUE(co_await client.connect(server));
  co_return (co_await client.ask("/")).status;
}

TEST_F(server_bounds, a_head_that_comes_byte_by_byte_is_cut) {
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    clients all;
    auto* const slow = co_await add_client(all, server);
    const auto begin = steady::now();
    for (int i = 0; i < 20; ++i) {
      co_await slow->send(i == 0 ? "G" : "E");
      co_await sleep(milliseconds{20});
    }
    EXPECT_EQ((co_await slow->answer()).status, 408);
    EXPECT_TRUE(co_await slow->ends_within(seconds{3}));
    EXPECT_LT(steady::now() - begin, seconds{4});
  });
}

TEST_F(server_bounds, who_says_nothing_is_cut_before_and_between_requests) {
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    clients all;
    auto* const silent = co_await add_client(all, server);
    auto* const idle = co_await add_client(all, server);
    EXPECT_EQ((co_await idle->ask("/")).status, 200);
    EXPECT_TRUE(co_await silent->ends_within(seconds{3}));
    EXPECT_TRUE(co_await idle->ends_within(seconds{3}));
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
}

TEST_F(server_bounds, a_login_without_its_body_is_cut) {
  auto with_token = options_with_token();
  with_token.limits.head_time = milliseconds{200};
  with_server(with_token, handler_of(echo), [](http_server& server) -> awaitable<void> {
    clients all;
    auto* const slow = co_await add_client(all, server);
    co_await slow->send(
        fmt::format("POST /login HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken=",
                    server.address().text()));
    EXPECT_TRUE(co_await slow->ends_within(seconds{3}));
  });
}

TEST_F(server_bounds, who_does_not_take_his_answer_is_cut) {
  const auto large = [](const request& asked) -> answer {
    return response{.body = std::string(asked.path.empty() ? 10 : 20'000'000, 'x'), .headers = {}};
  };
  options.limits.connections_max = 1;
  with_server(options, handler_of(large), [](http_server& server) -> awaitable<void> {
    clients all;
    auto* const stuck = co_await add_client(all, server, 4096);
    co_await stuck->get("/large");
    co_await sleep(milliseconds{100});
    EXPECT_EQ(co_await status_of_new_client(server), 503) << "it holds the only connection";
    co_await sleep(milliseconds{500});
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
}

TEST_F(server_bounds, a_connection_too_many_is_answered_and_closed_at_once) {
  options.limits.head_time = seconds{10};
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    clients all;
    for (int i = 0; i < 64; ++i) {
      co_await add_client(all, server);
    }
    auto* const one_too_many = co_await add_client(all, server);
    const auto got = co_await one_too_many->answer();
    EXPECT_EQ(got.status, 503);
    EXPECT_THAT(got.head, HasSubstr("Retry-After"));
    EXPECT_TRUE(co_await one_too_many->ends_within(seconds{1}));
    all.front()->close();
    co_await sleep(milliseconds{50});
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
}

/// Opens so many, keeps them all, and goes on each thousand only once they were answered: what the
/// kernel's queue does not take would be tried again only a second later.
awaitable<void> flood(http_server& server, std::size_t count, clients& all) {
  for (std::size_t i = 0; i < count; ++i) {
    auto* const each = co_await add_client(all, server);
    if (i % 1000 == 999) {
      EXPECT_TRUE(co_await each->ends_within(seconds{10}));
    }
  }
}

TEST_F(server_bounds, a_thousand_connections_at_once_are_held_off) {
  options.limits.head_time = seconds{10};
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    clients all;
    co_await flood(server, 1000, all);
    int answered = 0;
    for (std::size_t i = 64; i + 1 < all.size(); ++i) {
      answered += (co_await all[i]->answer()).status == 503 ? 1 : 0;
    }
    EXPECT_EQ(answered, 1000 - 64 - 1) << "of the last one it was read before";
    EXPECT_EQ((co_await all.front()->ask("/")).status, 200);
  });
}

/// As many as the limit of descriptors permits, up to 10,000.
TEST_F(server_bounds, ten_thousand_connections_take_no_more_descriptors_than_sixty_four) {
  options.limits.head_time = seconds{60};
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    const descriptor_limit limit;
    limit.set(limit.before.rlim_max);
    const auto count = std::min<std::size_t>(10'000, limit.before.rlim_max - 500);
    const auto descriptors = open_descriptors();
    clients all;
    co_await flood(server, count, all);
    const auto used = open_descriptors() - descriptors - count;
    EXPECT_GE(used, 64U);
    EXPECT_LE(used, 64U + 40U) << "connections, and what was just accepted";
    all.clear();
    co_await sleep(milliseconds{100});
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
}

TEST_F(server_bounds, who_asks_without_a_pause_waits) {
  options.limits.requests_a_second_max = 50;
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    clients all;
    auto* const eager = co_await add_client(all, server);
    const auto begin = steady::now();
    for (int i = 0; i < 80; ++i) {
      EXPECT_EQ((co_await eager->ask("/")).status, 200);
    }
    EXPECT_GE(steady::now() - begin, milliseconds{500}) << "50 are saved up, 50 a second follow";
  });
}

TEST_F(server_bounds, no_free_descriptor_is_waited_out) {
  std::vector<std::string> lines;
  log::divert([&](std::string_view line) { lines.emplace_back(line); });
  // The sanitizer needs descriptors to look at a type for the first time.
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    log::event(log::level::warning, "first", "of its kind", {{"number", 1}, {"text", "x"}});
    co_await sleep(milliseconds{1});
    co_await system_clock().sleep_for(milliseconds{1});
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
  lines.clear();
  with_server(options, handler_of(echo), [](http_server& server) -> awaitable<void> {
    const descriptor_limit limit;
    const int lowest_free = ::dup(STDERR_FILENO);
    ::close(lowest_free);
    limit.set(static_cast<rlim_t>(lowest_free) + 1);
    clients all;
    auto* const waiting = co_await add_client(all, server);  // takes the last one
    co_await sleep(milliseconds{100});
    limit.set(limit.before.rlim_cur);
    EXPECT_EQ((co_await waiting->ask("/")).status, 200);
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
  EXPECT_THAT(lines, testing::ElementsAre(HasSubstr("event=http_accept_failed")));
}

TEST_F(server_bounds, events_come_in_order_with_heartbeats_between) {
  with_feed(options, [](http_server& server, followed& here) -> awaitable<void> {
    clients all;
    auto* const listener = co_await add_client(all, server);
    co_await listener->get("/events");
    EXPECT_TRUE(co_await listener->read_until("event: status\ndata: first\n\n"));
    EXPECT_THAT(listener->input, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(listener->input, testing::Not(HasSubstr("Content-Length")));
    EXPECT_TRUE(co_await listener->read_until("data: first\n\n:\n\n"));
    for (int i = 0; i < 30; ++i) {
      here.feed->publish({.name = "status", .data = fmt::format("{{\"n\":{}}}", i)});
    }
    EXPECT_TRUE(co_await listener->read_until("id: 30\nevent: status\ndata: {\"n\":29}\n\n"));
    listener->close();
    for (int i = 0; i < 100 && here.feed->subscribers() > 0; ++i) {
      co_await sleep(milliseconds{10});
    }
    EXPECT_EQ(here.feed->subscribers(), 0U) << "who leaves is noticed without being sent anything";
  });
}

TEST_F(server_bounds, fifty_follow_the_events_and_a_health_check_still_finds_room) {
  with_feed(options, [](http_server& server, followed& here) -> awaitable<void> {
    clients all;
    for (int i = 0; i < 50; ++i) {
      auto* const listener = co_await add_client(all, server);
      co_await listener->get("/events");
      EXPECT_TRUE(co_await listener->read_until("data: first\n\n"));
    }
    auto* const late = co_await add_client(all, server);
    EXPECT_EQ((co_await late->ask("/events")).status, 503);
    EXPECT_EQ((co_await late->ask("/")).status, 200);
    here.feed->publish({.name = "status", .data = "to all"});
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(co_await all[i]->read_until("data: to all\n\n"));
    }
  });
}

milliseconds processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::seconds{used.ru_utime.tv_sec + used.ru_stime.tv_sec} +
      std::chrono::microseconds{used.ru_utime.tv_usec + used.ru_stime.tv_usec});
}

/// Sanitizers and the clients included, and the events come faster than they ever do.
TEST_F(server_bounds, a_minute_of_events_for_fifty_costs_less_than_a_twentieth_of_a_core) {
  options.limits.heartbeat = seconds{15};
  with_feed(options, [](http_server& server, followed& here) -> awaitable<void> {
    clients all;
    for (int i = 0; i < 50; ++i) {
      co_await (co_await add_client(all, server))->get("/events");
      EXPECT_TRUE(co_await all.back()->read_until("data: first\n\n"));
    }
    const auto before = processor_time();
    const std::string status(2000, 'x');
    for (int i = 1; i <= 60; ++i) {
      here.feed->publish({.name = "status", .data = status});
      for (const auto& each : all) {
        EXPECT_TRUE(co_await each->read_until("x\n\n"));
        each->input.clear();
      }
    }
    const auto used = processor_time() - before;
    testing::Test::RecordProperty("milliseconds", static_cast<int>(used.count()));
    EXPECT_LT(used, milliseconds{60'000 / 20});
  });
}

TEST_F(server_bounds, who_never_reads_events_neither_stalls_nor_grows_and_is_cut) {
  with_feed(options, [](http_server& server, followed& here) -> awaitable<void> {
    clients all;
    auto* const deaf = co_await add_client(all, server, 4096);
    co_await deaf->get("/events");
    auto* const listener = co_await add_client(all, server);
    co_await listener->get("/events");
    EXPECT_TRUE(co_await listener->read_until("data: first\n\n"));
    co_await sleep(milliseconds{20});
    EXPECT_EQ(here.feed->subscribers(), 2U);
    const std::string large(10'000, 'x');
    auto longest = steady::duration::zero();
    for (int i = 1; i <= 200; ++i) {
      const auto begin = steady::now();
      here.feed->publish({.name = "status", .data = large});
      longest = std::max(longest, steady::now() - begin);
      EXPECT_TRUE(co_await listener->read_until(fmt::format("id: {}\nevent: status\n", i)));
    }
    EXPECT_LT(longest, milliseconds{100});
    EXPECT_EQ(here.feed->subscribers(), 1U) << "its queue was full";
    co_await sleep(milliseconds{500});
    EXPECT_TRUE(co_await deaf->ends_within(seconds{3}));
    EXPECT_EQ(co_await status_of_new_client(server), 200);
  });
}

TEST_F(server_bounds, stops_at_once_whatever_its_clients_are_at) {
  options.limits = {};
  with_feed(options, [](http_server& server, followed& here) -> awaitable<void> {
    clients all;
    co_await add_client(all, server);
    co_await (co_await add_client(all, server))->send("GET / HT");
    auto* const idle = co_await add_client(all, server);
    EXPECT_EQ((co_await idle->ask("/")).status, 200);
    co_await (co_await add_client(all, server))->get("/slow/answer");
    auto* const listener = co_await add_client(all, server);
    co_await listener->get("/events");
    EXPECT_TRUE(co_await listener->read_until("data: first\n\n"));
    const auto begin = steady::now();
    server.stop();
    co_await server.join();
    EXPECT_LT(steady::now() - begin, seconds{1});
    for (const auto& each : all) {
      EXPECT_TRUE(co_await each->ends_within(seconds{1}));
    }
    EXPECT_EQ(here.feed->subscribers(), 0U);
  });
}

TEST_F(server_bounds, a_feed_that_ends_lets_its_listeners_go) {
  with_feed(options, [](http_server& server, followed& here) -> awaitable<void> {
    clients all;
    auto* const listener = co_await add_client(all, server);
    co_await listener->get("/events");
    EXPECT_TRUE(co_await listener->read_until("data: first\n\n"));
    here.feed.reset();
    EXPECT_TRUE(co_await listener->ends_within(seconds{3}));
  });
}

}  // namespace
}  // namespace ddm::serve
