#include "net/http_client.h"

#include "base/units.h"
#include "runtime/deadline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::net {
namespace {

using std::chrono::steady_clock;

/// What one dead address may cost while there is another to try.
constexpr milliseconds connect_patience{3000};
/// An answer that comes so fast is waited for, however large it is: half a megabit a second,
/// nearly.
constexpr std::size_t slowest_bytes_per_second = std::size_t{32} * 1024;

/// "host:443", "[::1]:443".
std::string name_of(const url& address) {
  const bool bare = address.host.find(':') == std::string::npos;
  return bare ? fmt::format("{}:{}", address.host, address.port)
              : fmt::format("[{}]:{}", address.host, address.port);
}

}  // namespace

result<std::unique_ptr<http_client>> http_client::create(const asio::any_io_executor& executor,
                                                         url endpoint, http_options options) {
  std::unique_ptr<tls_context> tls;
  if (endpoint.tls) {
    auto made = tls_context::create(options.ca_file);
    if (!made) {
      return fail(std::move(made).error());
    }
    tls = std::move(*made);
  }
  return std::unique_ptr<http_client>(
      new http_client(executor, std::move(endpoint), std::move(options), std::move(tls)));
}

http_client::http_client(const asio::any_io_executor& executor, url endpoint, http_options options,
                         std::unique_ptr<tls_context> tls)
    : executor_(executor),
      endpoint_(std::move(endpoint)),
      authority_(endpoint_.authority()),
      options_(std::move(options)),
      peer_(name_of(endpoint_)),
      tls_(std::move(tls)),
      lookup_(executor, first_hop().host, first_hop().port),
      slots_(options_.connections_max) {
  if (uses_proxy()) {
    peer_ += fmt::format(" (through the proxy {})", name_of(first_hop()));
  }
}

bool http_client::uses_proxy() const { return options_.via && endpoint_.tls; }

const url& http_client::first_hop() const {
  return uses_proxy() ? options_.via->address : endpoint_;
}

awaitable<result<http_response>> http_client::send(http_request request) {
  const auto slot = co_await slots_.acquire();
  const auto wire = wire_form(request);
  progress at;
  const auto window = request.timeout / 2;
  const auto expected = slowest_bytes_per_second * static_cast<std::size_t>(window.count()) / 1000;
  auto given = request.timeout;
  const auto while_it_comes = [&] {
    const bool comes = at.received() >= at.seen + std::max<std::size_t>(expected, 1);
    at.seen = at.received();
    const auto more =
        comes ? std::clamp(request.longest - given, milliseconds{0}, window) : milliseconds{0};
    given += more;
    return more;
  };
  auto answer = co_await with_deadline(
      request.timeout, exchange(wire, request.answer_bytes_max, at), while_it_comes);
  if (!answer) {
    co_return fail(
        {.kind = error_class::retry,
         .code = "Timeout",
         .message = at.seen > 0
                        ? fmt::format("{} gave no whole answer within {}: {} of it have come",
                                      peer_, spoken_duration(given), format_size(at.seen))
                        : fmt::format("{} gave no answer within {} (while {})", peer_,
                                      spoken_duration(request.timeout), at.doing)});
  }
  co_return std::move(*answer);
}

std::string http_client::wire_form(const http_request& request) const {
  std::string wire;
  wire.reserve(request.method.size() + request.target.size() + authority_.size() +
               request.headers.text().size() + request.body.size() + 64);
  wire.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  wire.append(authority_).append("\r\n").append(request.headers.text());
  if (!request.body.empty() || request.method != "GET") {
    wire.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  wire.append("\r\n").append(request.body);
  return wire;
}

awaitable<result<http_response>> http_client::exchange(std::string_view wire,
                                                       std::size_t answer_bytes_max, progress& at) {
  auto link = take_idle();
  if (link) {
    auto answer = co_await ask(*link, wire, answer_bytes_max, at);
    if (answer) {
      keep(std::move(link));
      co_return answer;
    }
    if (link->answer_begun()) {
      co_return answer;
    }
    // The server had closed it while it was idle: no failure, just time for a new one.
  }
  auto opened = co_await open(at);
  if (!opened) {
    co_return fail(std::move(opened).error());
  }
  link = std::move(*opened);
  auto answer = co_await ask(*link, wire, answer_bytes_max, at);
  if (answer) {
    keep(std::move(link));
  }
  co_return answer;
}

awaitable<result<http_response>> http_client::ask(connection& link, std::string_view wire,
                                                  std::size_t answer_bytes_max, progress& at) {
  at.doing = "waiting for the answer";
  at.link = &link;
  auto answer = co_await link.exchange(wire, answer_bytes_max);
  at.link = nullptr;
  co_return answer;
}

awaitable<result<http_client::connection_ptr>> http_client::open(progress& at) {
  at.doing = "looking up its name";
  const auto addresses = co_await lookup_.addresses();
  if (!addresses) {
    co_return fail(addresses.error());
  }
  at.doing = "connecting";
  auto link = co_await connect_to_any(*addresses);
  if (link && uses_proxy()) {
    at.doing = "waiting for the proxy";
    auto way = co_await (*link)->open_tunnel(name_of(endpoint_), options_.via->authorization);
    if (!way) {
      co_return fail(std::move(way).error());
    }
  }
  if (link && tls_) {
    at.doing = "making a TLS connection";
    if (auto secured = co_await (*link)->start_tls(*tls_, endpoint_.host); !secured) {
      co_return fail(std::move(secured).error());
    }
  }
  co_return link;
}

awaitable<result<http_client::connection_ptr>> http_client::connect_to_any(
    const std::vector<asio::ip::tcp::endpoint>& addresses) {
  for (std::size_t at = 0;; ++at) {
    const bool last = at + 1 == addresses.size();
    auto link = std::make_unique<connection>(executor_, peer_);
    // The last address may take all the time that the request has left.
    auto connected = last ? std::optional(co_await link->connect(addresses[at]))
                          : co_await with_deadline(connect_patience, link->connect(addresses[at]));
    if (connected && *connected) {
      ++opened_;
      co_return link;
    }
    lookup_.move_to_back(addresses[at]);
    if (last) {
      co_return fail(std::move(*connected).error());
    }
  }
}

void http_client::drop_stale() {
  const auto oldest = steady_clock::now() - options_.idle_max;
  const auto fresh = std::ranges::find_if(
      idle_, [&](const connection_ptr& link) { return link->idle_since > oldest; });
  idle_.erase(idle_.begin(), fresh);
}

http_client::connection_ptr http_client::take_idle() {
  drop_stale();
  if (idle_.empty()) {
    return nullptr;
  }
  auto link = std::move(idle_.back());
  idle_.pop_back();
  return link;
}

void http_client::keep(connection_ptr link) {
  const auto now = steady_clock::now();
  if (link->keep_alive() && now - link->made_at < options_.age_max) {
    link->idle_since = now;
    idle_.push_back(std::move(link));
  }
}

}  // namespace ddm::net
