#include "serve/http_server.h"

#include "serve/response_head.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace ddm::serve {
namespace {

using asio::ip::tcp;
using error_code = boost::system::error_code;

/// So many connections are taken in a row, then a pause: 3,200 a second at most, a few percent of a
/// core.
constexpr int accepted_in_a_row = 32;
constexpr milliseconds pause_of_flood{10};
/// After a failure to accept, which is most often that no descriptor is free: they may become so.
constexpr milliseconds pause_of_failure{200};
/// The kernel's memory for a client that does not read.
constexpr int send_buffer_bytes = 128 * 1024;

awaitable<void> pause(milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(asio::use_awaitable);
}

std::unexpected<error> cannot_listen(const listen_address& at, const error_code& why) {
  const auto text = fmt::format("cannot listen at {}: {}", at.text(), why.message());
  if (why == asio::error::address_in_use) {
    return fatal(text + "; another program listens there, choose another port");
  }
  if (why == boost::system::errc::address_not_available) {
    return wrong_usage(text + "; no interface of this host has it, choose another address");
  }
  if (why == asio::error::access_denied) {
    return wrong_usage(text + "; this user may not take it, choose a port from 1024 on");
  }
  return fatal(text);
}

}  // namespace

result<std::unique_ptr<http_server>> http_server::open(const asio::any_io_executor& executor,
                                                       clock& time,
                                                       const http_server_options& options,
                                                       request_handler handler) {
  auto guard = request_guard::create(options.at, options.access);
  if (!guard) {
    return std::unexpected(std::move(guard.error()));
  }
  auto made = std::unique_ptr<http_server>(
      new http_server(executor, time, std::move(*guard), std::move(handler), options.limits));
  made->taken_ = made->take(options.at);
  return made;
}

result<void> http_server::take(const listen_address& at) {
  address_ = at;
  error_code ec;
  const tcp::endpoint endpoint(asio::ip::make_address(at.host, ec), at.port);
  if (!ec) {
    acceptor_.open(endpoint.protocol(), ec);
  }
  if (!ec) {
    acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  }
  if (!ec) {
    acceptor_.bind(endpoint, ec);
  }
  if (ec) {
    return cannot_listen(at, ec);
  }
  address_ = address_of(acceptor_.local_endpoint());
  return {};
}

result<void> http_server::begin() {
  if (!taken_) {
    return taken_;
  }
  error_code ec;
  acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    return cannot_listen(address_, ec);
  }
  tasks_.spawn(accept());
  return {};
}

http_server::http_server(const asio::any_io_executor& executor, clock& time, request_guard guard,
                         request_handler handler, const server_limits& limits)
    : acceptor_(executor),
      shared_{.time = time,
              .guard = std::move(guard),
              .handler = std::move(handler),
              .limits = limits,
              .pace = rate_limiter(time, limits.requests_a_second_max)},
      tasks_(acceptor_.get_executor()) {}

void http_server::stop() {
  error_code ignored;  // nobody connects any more in any case
  acceptor_.close(ignored);
  tasks_.cancel();
}

awaitable<void> http_server::accept() {
  for (unsigned accepted = 1;; ++accepted) {
    auto [failed, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (failed == asio::error::operation_aborted || !acceptor_.is_open()) {
      co_return;
    }
    if (failed) {
      shared_.log.warn("http_accept_failed", failed.message(), "", shared_.time.now());
      co_await pause(pause_of_failure);
    } else if (tasks_.running() <= shared_.limits.connections_max) {  // this task is one of them
      tasks_.spawn(converse(std::move(socket)));
    } else {
      turn_away(std::move(socket));
    }
    if (accepted % accepted_in_a_row == 0) {
      co_await pause(pause_of_flood);
    }
  }
}

void http_server::turn_away(tcp::socket socket) {
  static constexpr std::string_view why = "too many connections";
  auto refusal = plain_text(503, why);
  refusal.headers.add("Retry-After", "5");
  const auto now = shared_.time.now();
  const auto text = response_head(refusal, refusal.body.size(), false, now) + refusal.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  shared_.log.warn("http_too_many_connections", why, "", now);
}

awaitable<void> http_server::converse(tcp::socket socket) {
  error_code ignored;  // a client that has left already
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
  server_connection connection(std::move(socket), shared_);
  try {
    co_await connection.run();
  } catch (const std::exception& failure) {
    if (is_cancellation(std::current_exception())) {
      throw;
    }
    shared_.log.warn("http_connection_failed", failure.what(), "", shared_.time.now());
  }
}

}  // namespace ddm::serve
