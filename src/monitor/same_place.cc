#include "monitor/same_place.h"

#include "net/host_lookup.h"
#include "net/url.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using asio::ip::tcp;

/// One spelling of what leads to the same server: an address of IPv4 within IPv6, and what a
/// server on this machine is reached by.
tcp::endpoint plain(const tcp::endpoint& found) {
  auto address = found.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  if (address.is_loopback() || address.is_unspecified()) {
    address = asio::ip::address_v4::loopback();
  }
  return {address, found.port()};
}

awaitable<std::vector<tcp::endpoint>> addresses_of(const net::url& place,
                                                   const address_lookup& lookup) {
  auto found = co_await lookup(place.host, place.port);
  if (!found) {
    co_return std::vector<tcp::endpoint>{};
  }
  std::ranges::transform(*found, found->begin(), plain);
  co_return *std::move(found);
}

awaitable<result<std::vector<tcp::endpoint>>> look_up(std::string host, std::uint16_t port) {
  net::host_lookup lookup(co_await asio::this_coro::executor, std::move(host), port);
  co_return co_await lookup.addresses();
}

}  // namespace

address_lookup system_lookup() { return look_up; }

awaitable<bool> is_one_place(std::string endpoint, std::string other, address_lookup lookup) {
  const auto a = net::parse_url(endpoint);
  const auto b = net::parse_url(other);
  if (endpoint == other || !a || !b || a->port != b->port) {
    co_return endpoint == other;
  }
  if (a->host == b->host) {
    co_return true;
  }
  const auto addresses = co_await addresses_of(*a, lookup);
  const auto others = co_await addresses_of(*b, lookup);
  co_return std::ranges::any_of(addresses, [&](const tcp::endpoint& address) {
    return std::ranges::find(others, address) != others.end();
  });
}

}  // namespace ddm::monitor
