#include "support/fake_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string_view>

namespace ddm::support {
namespace {

namespace http = boost::beast::http;
using asio::ip::tcp;
using request_parser = http::request_parser<http::string_body>;

constexpr std::uint64_t request_bytes_max = 32UZ * 1024 * 1024;

/// "AWS4-HMAC-SHA256 Credential=AKID/20260101/…" → "AKID".
std::string access_key_of(std::string_view authorization) {
  constexpr std::string_view mark = "Credential=";
  const auto start = authorization.find(mark);
  if (start == std::string_view::npos) {
    return {};
  }
  authorization.remove_prefix(start + mark.size());
  return std::string(authorization.substr(0, authorization.find('/')));
}

std::string_view header(const request_parser& parser, std::string_view name) {
  const auto value = parser.get()[{name.data(), name.size()}];
  return {value.data(), value.size()};
}

aws::api_response unsigned_request() {
  constexpr std::string_view body =
      R"({"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",)"
      R"("message":"Request is missing Authentication Token"})";
  return {.status = 400,
          .body = padded_buffer(body),
          .request_id = "FAKE-UNSIGNED",
          .crc32 = std::nullopt,
          .retry_after = std::nullopt,
          .date = std::nullopt};
}

http::response<http::span_body<const char>> wire_form(const aws::api_response& answer,
                                                      bool keep_alive) {
  http::response<http::span_body<const char>> response;
  response.version(11);
  response.result(static_cast<unsigned>(answer.status));
  response.set(http::field::server, "Server");
  response.set(http::field::content_type, "application/x-amz-json-1.0");
  response.set("x-amzn-RequestId", answer.request_id);
  if (answer.crc32) {
    response.set("x-amz-crc32", std::to_string(*answer.crc32));
  }
  if (answer.date) {
    response.set(http::field::date, fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                                                fmt::gmtime(to_ms(*answer.date) / 1000)));
  }
  response.keep_alive(keep_alive);
  response.body() = boost::beast::span<const char>(answer.body.data(), answer.body.size());
  response.content_length(answer.body.size());
  return response;
}

/// The client's next read or write fails with ECONNRESET.
void reset(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

fake_options fake_server::without_latency() {
  fake_options options;
  options.latency_min = options.latency_max = milliseconds{0};
  return options;
}

fake_server::fake_server(fake_options defaults)
    : defaults_(std::move(defaults)),
      context_(1),
      tasks_(context_.get_executor()),
      acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
  tasks_.spawn(accept());
  thread_ = std::thread([this] { context_.run(); });
}

fake_server::~fake_server() {
  asio::post(context_, [this] {
    stopping_ = true;
    tasks_.cancel();
  });
  thread_.join();
}

fake_server::tenant& fake_server::tenant_of(const std::string& access_key) {
  auto& found = tenants_[access_key];
  if (!found.account) {
    auto options = defaults_;
    options.account = fmt::format("{:012}", 111'111'111'110 + tenants_.size());
    found.account = std::make_unique<fake_dynamodb>(clock_, std::move(options));
    found.connection = found.account->connect(access_key);
  }
  return found;
}

fake_dynamodb& fake_server::account(const std::string& access_key) {
  return *tenant_of(access_key).account;
}

aws::transport& fake_server::connection(const std::string& access_key) {
  return *tenant_of(access_key).connection;
}

awaitable<void> fake_server::accept() {
  for (;;) {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    if (stopping_) {
      co_return;  // this connection was made before the cancellation and would outlive it
    }
    socket.set_option(tcp::no_delay(true));
    tasks_.spawn(converse(std::move(socket)));
  }
}

awaitable<void> fake_server::converse(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  for (bool open = true; open;) {
    request_parser parser;
    parser.body_limit(request_bytes_max);
    const auto [read_failure, read_bytes] =
        co_await http::async_read(socket, buffer, parser, asio::as_tuple(asio::use_awaitable));
    if (read_failure) {
      co_return;
    }
    const auto access_key = access_key_of(header(parser, "Authorization"));
    result<aws::api_response> answer = unsigned_request();
    if (!access_key.empty()) {
      answer = co_await connection(access_key)
                   .send({.target = std::string(header(parser, "X-Amz-Target")),
                          .body = std::move(parser.get().body()),
                          // How much is taken is known on the other side of the wire alone.
                          .answer_bytes_max = std::numeric_limits<std::size_t>::max()});
    }
    if (!answer) {
      reset(socket);
      co_return;
    }
    open = parser.get().keep_alive();
    auto response = wire_form(*answer, open);
    const auto [write_failure, written_bytes] =
        co_await http::async_write(socket, response, asio::as_tuple(asio::use_awaitable));
    if (write_failure) {
      co_return;
    }
  }
}

}  // namespace ddm::support
