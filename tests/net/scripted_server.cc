#include "net/scripted_server.h"

#include "net/http_headers.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace ddm::net {
namespace {

using asio::ip::tcp;

std::size_t announced_body(std::string_view head) {
  constexpr std::string_view name = "Content-Length: ";
  std::size_t size = 0;
  if (const auto at = head.find(name); at != std::string_view::npos) {
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), size);
  }
  return size;
}

}  // namespace

std::string ok(std::string_view body, std::string_view more_headers) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), more_headers,
                     body);
}

scripted_server::scripted_server(const asio::any_io_executor& executor,
                                 std::vector<connection_script> scripts, asio::ssl::context* tls)
    : acceptor_(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      scripts_(std::move(scripts)),
      tls_(tls),
      tasks_(executor) {
  tasks_.spawn(accept());
}

url scripted_server::endpoint() const {
  return {.tls = tls_ != nullptr, .host = "127.0.0.1", .port = acceptor_.local_endpoint().port()};
}

awaitable<void> scripted_server::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

awaitable<void> scripted_server::accept() {
  for (const auto& script : scripts_) {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    ++connections_;
    tasks_.spawn(serve(std::move(socket), script));
  }
  acceptor_.close();
}

awaitable<void> scripted_server::serve(tcp::socket socket, connection_script script) {
  if (tls_ == nullptr) {
    co_await follow(socket, std::move(script));
    co_return;
  }
  if (!script.empty() && script.front().then == after_reply::tunnel) {
    co_await follow(socket, {script.front()});
    script.erase(script.begin());
  }
  asio::ssl::stream<tcp::socket&> stream(socket, *tls_);
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server,
                                                        asio::as_tuple(asio::use_awaitable));
  if (!failed) {
    co_await follow(stream, std::move(script));
  }
}

template <class Stream>
awaitable<void> scripted_server::follow(Stream& stream, connection_script script) {
  std::string input;
  for (const auto& reply : script) {
    const auto [head_failed, head] = co_await asio::async_read_until(
        stream, asio::dynamic_buffer(input), "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
    if (head_failed) {
      co_return;
    }
    const auto size = head + announced_body(input.substr(0, head));
    if (size > input.size()) {
      co_await asio::async_read(stream, asio::dynamic_buffer(input),
                                asio::transfer_exactly(size - input.size()),
                                asio::as_tuple(asio::use_awaitable));
    }
    requests_.push_back(input.substr(0, size));
    input.erase(0, size);
    const auto piece_bytes = reply.piece_bytes == 0 ? reply.bytes.size() : reply.piece_bytes;
    for (std::size_t at = 0; at < reply.bytes.size(); at += piece_bytes) {
      if (at > 0) {
        asio::steady_timer pause(acceptor_.get_executor(), std::chrono::milliseconds{3});
        co_await pause.async_wait(asio::use_awaitable);
      }
      co_await asio::async_write(stream, asio::buffer(reply.bytes.substr(at, piece_bytes)),
                                 asio::as_tuple(asio::use_awaitable));
    }
    if (reply.then == after_reply::close || reply.then == after_reply::tunnel) {
      co_return;
    }
    if (reply.then == after_reply::hang) {
      asio::steady_timer never(acceptor_.get_executor(), asio::steady_timer::time_point::max());
      co_await never.async_wait(asio::use_awaitable);
    }
  }
}

}  // namespace ddm::net
