#include "net/connection.h"

#include "base/units.h"

#include <boost/asio/completion_condition.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ddm::net {
namespace {

constexpr std::size_t read_bytes =
    std::size_t{16} * 1024;  // a TLS record, and more than most heads

constexpr std::size_t refusal_bytes_max = std::size_t{64} * 1024;
/// What the parser cannot take piece by piece: the head, the line of a chunk's size, a trailer.
constexpr std::size_t input_bytes_max = std::size_t{64} * 1024;

void throw_if_cancelled(const boost::system::error_code& ec) {
  if (ec == asio::error::operation_aborted) {
    throw boost::system::system_error(ec);
  }
}

std::unexpected<error> transient(std::string code, std::string message) {
  return fail({.kind = error_class::retry, .code = std::move(code), .message = std::move(message)});
}

}  // namespace

connection::connection(const asio::any_io_executor& executor, std::string peer)
    : socket_(executor), peer_(std::move(peer)) {}

std::unexpected<error> connection::lost(std::string_view when, const error_code& ec) const {
  if (ec == boost::beast::http::error::buffer_overflow) {
    return bad_answer(ec);
  }
  const bool closed = ec == asio::error::eof || ec == asio::ssl::error::stream_truncated;
  return transient("ConnectionLost",
                   fmt::format("the connection to {} was lost {}: {}", peer_, when,
                               closed ? "the other side closed it" : ec.message()));
}

std::unexpected<error> connection::bad_answer(const error_code& ec) const {
  return transient("BadAnswer",
                   fmt::format("what {} answered is not proper HTTP: {}", peer_, ec.message()));
}

std::unexpected<error> connection::not_taken(const answer_parser& parser,
                                             const error_code& ec) const {
  // A proxy's page with another status is no answer of the service: it is asked again.
  if (ec != boost::beast::http::error::body_limit || parser.status() != 200) {
    return bad_answer(ec);
  }
  return fail(
      {.kind = error_class::fatal,
       .code = std::string(answer_too_large),
       .message = fmt::format("the answer is larger than {}", format_size(parser.body_bytes_max())),
       .http_status = parser.status()});
}

awaitable<result<void>> connection::connect(asio::ip::tcp::endpoint address) {
  error_code ec;
  co_await socket_.async_connect(address, asio::redirect_error(asio::use_awaitable, ec));
  throw_if_cancelled(ec);
  if (ec) {
    co_return transient("ConnectionFailed",
                        fmt::format("no connection to {} (address {}): {}", peer_,
                                    address.address().to_string(), ec.message()));
  }
  socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  socket_.non_blocking(true, ec);  // for is_quiet(); the other reads wait by themselves
  if (ec) {
    co_return lost("while it was made", ec);
  }
  co_return result<void>{};
}

awaitable<result<void>> connection::open_tunnel(std::string target, const secret& authorization) {
  http_headers headers;
  headers.add("Host", target);
  if (!authorization.empty()) {
    headers.add("Proxy-Authorization", authorization.reveal());
  }
  error_code ec;
  co_await write(fmt::format("CONNECT {} HTTP/1.1\r\n{}\r\n", target, headers.text()), ec);
  if (ec) {
    co_return lost("while sending", ec);
  }
  http_response answer;
  answer_parser parser(answer, refusal_bytes_max);
  if (auto read = co_await read_head(parser); !read) {
    co_return read;
  }
  if (answer.status / 100 != 2) {
    co_return fail({.kind = answer.status >= 500   ? error_class::retry
                            : answer.status == 407 ? error_class::fatal
                                                   : error_class::unknown_answer,
                    .code = "ProxyRefused",
                    .message = fmt::format("no way to {}: the proxy answered HTTP status {}; check "
                                           "HTTPS_PROXY (user and password) and NO_PROXY",
                                           peer_, answer.status),
                    .http_status = answer.status});
  }
  if (input_.size() > 0) {
    co_return transient("ProxyRefused",
                        fmt::format("no way to {}: the proxy sent more than its consent", peer_));
  }
  co_return result<void>{};
}

awaitable<result<void>> connection::start_tls(tls_context& tls, const std::string& host) {
  auto made = tls.make_stream(socket_, host);
  if (!made) {
    co_return fail(std::move(made).error());
  }
  tls_ = std::move(*made);
  error_code ec;
  co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                 asio::redirect_error(asio::use_awaitable, ec));
  throw_if_cancelled(ec);
  if (ec) {
    co_return transient("TlsFailed", fmt::format("no TLS connection to {}: {}", peer_,
                                                 describe_tls_failure(*tls_, ec)));
  }
  co_return result<void>{};
}

awaitable<void> connection::write(std::string_view bytes, error_code& ec) {
  const asio::const_buffer buffer(bytes.data(), bytes.size());
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  if (tls_) {
    co_await asio::async_write(*tls_, buffer, token);
  } else {
    co_await asio::async_write(socket_, buffer, token);
  }
  throw_if_cancelled(ec);
}

awaitable<std::size_t> connection::read_exactly(asio::mutable_buffer into, error_code& ec) {
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  const auto counted = [this, before = body_received_](const error_code& failed, std::size_t got) {
    body_received_ = before + got;
    return asio::transfer_all()(failed, got);
  };
  std::size_t got = 0;
  if (tls_) {
    got = co_await asio::async_read(*tls_, into, counted, token);
  } else {
    got = co_await asio::async_read(socket_, into, counted, token);
  }
  throw_if_cancelled(ec);
  co_return got;
}

bool connection::is_quiet() {
  if (input_.size() > 0) {
    return false;
  }
  char unasked = 0;
  const asio::mutable_buffer into(&unasked, 1);
  error_code ec;
  static_cast<void>(tls_ ? tls_->read_some(into, ec) : socket_.read_some(into, ec));
  return ec == asio::error::would_block;
}

awaitable<void> connection::fill(error_code& ec) {
  if (input_.size() > input_bytes_max - read_bytes) {
    ec = boost::beast::http::error::buffer_overflow;
    co_return;
  }
  const auto space = input_.prepare(read_bytes);
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  std::size_t got = 0;
  if (tls_) {
    got = co_await tls_->async_read_some(space, token);
  } else {
    got = co_await socket_.async_read_some(space, token);
  }
  throw_if_cancelled(ec);
  input_.commit(got);
  answer_begun_ = answer_begun_ || got > 0;
}

awaitable<result<void>> connection::read_head(answer_parser& parser) {
  error_code ec;
  while (!parser.is_header_done()) {
    if (input_.size() == 0 || ec == boost::beast::http::error::need_more) {
      co_await fill(ec);
      if (ec) {
        co_return lost(answer_begun() ? "amid the head of its answer" : "before it answered", ec);
      }
    }
    input_.consume(parser.put(input_.data(), ec));
    if (ec && ec != boost::beast::http::error::need_more) {
      co_return not_taken(parser, ec);
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> connection::read_sized_body(padded_buffer& body, std::size_t size) {
  body = padded_buffer(size);
  const auto had = std::min(size, input_.size());
  std::memcpy(body.data(), input_.data().data(), had);
  input_.consume(had);
  body_received_ = had;
  if (had < size) {
    error_code ec;
    const auto got = co_await read_exactly(asio::buffer(body.data() + had, size - had), ec);
    if (ec) {
      co_return lost(fmt::format("after {} of the {} bytes of its answer", had + got, size), ec);
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> connection::read_other_body(answer_parser& parser,
                                                    const padded_buffer& body) {
  error_code ec;
  parser.eager(true);
  while (!parser.is_done()) {
    if (input_.size() < parser.bytes_wanted() || ec == boost::beast::http::error::need_more) {
      co_await fill(ec);
      if (ec == asio::error::eof && parser.need_eof()) {
        parser.put_eof(ec);
        break;
      }
      if (ec) {
        co_return lost("amid its answer", ec);
      }
      continue;
    }
    input_.consume(parser.put(input_.data(), ec));
    body_received_ = body.size();
    if (ec && ec != boost::beast::http::error::need_more) {
      co_return not_taken(parser, ec);
    }
  }
  co_return result<void>{};
}

awaitable<result<http_response>> connection::exchange(std::string_view request,
                                                      std::size_t answer_bytes_max) {
  answer_begun_ = false;
  body_received_ = 0;
  keep_alive_ = false;
  error_code ec;
  if (!is_quiet()) {
    co_return transient("ConnectionLost", fmt::format("the connection to {} was closed, or brought "
                                                      "what nobody had asked for",
                                                      peer_));
  }
  co_await write(request, ec);
  if (ec) {
    co_return lost("while sending", ec);
  }
  for (;;) {
    http_response answer;
    answer_parser parser(answer, answer_bytes_max);
    auto read = co_await read_head(parser);
    if (read && answer.status / 100 == 1) {
      continue;  // an interim answer: the real one follows
    }
    if (read && !parser.is_done()) {
      const auto size = parser.content_length();
      read = size ? co_await read_sized_body(answer.body, static_cast<std::size_t>(*size))
                  : co_await read_other_body(parser, answer.body);
    }
    if (!read) {
      co_return fail(std::move(read).error());
    }
    keep_alive_ = parser.keep_alive() && input_.size() == 0;
    co_return answer;
  }
}

}  // namespace ddm::net
