#include "serve/served.h"

#include "runtime/deadline.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <utility>

namespace ddm::serve {
namespace {

using asio::ip::tcp;

awaitable<answer> run_handler(std::function<answer(const request&)> make, const request& asked) {
  co_return make(asked);
}

std::size_t announced_body(std::string_view head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  std::size_t size = 0;
  if (const auto at = head.find(name); at != std::string_view::npos) {
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), size);
  }
  return size;
}

awaitable<bool> finished(awaitable<void> work) {
  co_await std::move(work);
  co_return true;
}

using check = std::function<awaitable<void>(http_server&)>;

awaitable<void> serve_and_check(const http_server_options& options, request_handler handler,
                                const check& body) {
  system_clock time;
  const auto executor = co_await asio::this_coro::executor;
  auto server = http_server::open(executor, time, options, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  if (!server) {
    co_return;
  }
  EXPECT_TRUE((*server)->begin());
  const auto done = co_await with_deadline(std::chrono::seconds{60}, finished(body(**server)));
  EXPECT_TRUE(done) << "the test took too long";
  (*server)->stop();
  co_await (*server)->join();
}

}  // namespace

awaitable<void> sleep(milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<bool> raw_client::connect(const http_server& server, int receive_bytes) {
  host_ = server.address().text();
  boost::system::error_code ec;
  socket_.open(tcp::v4(), ec);
  if (!ec && receive_bytes > 0) {
    socket_.set_option(asio::socket_base::receive_buffer_size(receive_bytes), ec);
  }
  if (ec) {
    co_return false;
  }
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server.address().port);
  const auto [failed] =
      co_await socket_.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  co_return !failed;
}

awaitable<void> raw_client::send(std::string bytes) {
  // What the server does not take is seen by its answer, or by there being none.
  co_await asio::async_write(socket_, asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
}

awaitable<void> raw_client::get(std::string path, std::string headers) {
  co_await send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", path, host_, headers));
}

awaitable<bool> raw_client::fill() {
  std::array<char, 16384> bytes;
  const auto [failed, size] =
      co_await socket_.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
  input.append(bytes.data(), size);
  co_return !failed;
}

awaitable<bool> raw_client::read_until(std::string text) {
  bool open = true;
  while (open && !input.contains(text)) {
    open = co_await fill();
  }
  co_return input.contains(text);
}

awaitable<raw_answer> raw_client::answer(bool of_head) {
  raw_answer got;
  if (!co_await read_until("\r\n\r\n")) {
    co_return got;
  }
  const auto end = input.find("\r\n\r\n") + 4;
  got.head = input.substr(0, end);
  input.erase(0, end);
  const auto size = of_head ? 0 : announced_body(got.head);
  for (bool open = true; open && input.size() < size;) {
    open = co_await fill();
  }
  got.body = input.substr(0, size);
  input.erase(0, got.body.size());
  if (got.body.size() == size) {
    std::from_chars(got.head.data() + 9, got.head.data() + 12, got.status);
  }
  co_return got;
}

awaitable<raw_answer> raw_client::ask(std::string path, std::string headers) {
  co_await get(std::move(path), std::move(headers));
  co_return co_await answer();
}

awaitable<bool> raw_client::ends_within(milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    const auto open = co_await with_deadline(std::max(left, milliseconds{0}), fill());
    if (std::chrono::steady_clock::now() >= until) {
      co_return false;
    }
    if (!open.value_or(false)) {
      co_return true;
    }
    input.clear();
  }
}

request_handler handler_of(std::function<answer(const request&)> make) {
  return [make](const request& asked) { return run_handler(make, asked); };
}

answer echo(const request& asked) {
  std::string text = asked.method + " ";
  for (const auto& segment : asked.path) {
    text += "/" + segment;
  }
  for (const auto& each : asked.query) {
    text += "?" + each.name + "=" + each.value;
  }
  return plain_text(200, text);
}

http_server_options local_options() {
  return {.at = {.host = "127.0.0.1", .port = 0}, .access = {}};
}

http_server_options options_with_token() {
  auto options = local_options();
  options.access.token = secret(std::string(test_token));
  options.limits.pause_of_wrong_token = milliseconds{300};
  return options;
}

void with_server(const http_server_options& options, request_handler handler,
                 awaitable<void> (*body)(http_server&)) {
  net::run(serve_and_check(options, std::move(handler), body));
}

awaitable<answer> followed::reply(const request& asked) {
  if (asked.path.empty()) {
    co_return echo(asked);
  }
  if (asked.path.size() > 1) {
    co_await sleep(std::chrono::minutes{1});
    co_return response{};
  }
  co_return feed->subscribe({{.name = "status", .data = "first"}});
}

void with_feed(const http_server_options& options,
               awaitable<void> (*body)(http_server&, followed&)) {
  followed here;
  const auto handler = [&here](const request& asked) { return here.reply(asked); };
  const check work = [&here, body](http_server& server) { return body(server, here); };
  net::run(serve_and_check(options, handler, work));
}

}  // namespace ddm::serve
