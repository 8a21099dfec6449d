#include "net/proxy.h"

#include "net/http_headers.h"
#include "runtime/asio.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace ddm::net {
namespace {

/// "p%40ss" → "p@ss"; what is no escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const auto digits = text.substr(at + 1 <= text.size() ? at + 1 : at, 2);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (text[at] == '%' && ec == std::errc{} && end == digits.data() + 2) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

secret basic_authorization(std::string_view user_and_password) {
  const auto plain = percent_decoded(user_and_password);
  std::vector<unsigned char> encoded(4 * (plain.size() / 3 + 1) + 1);
  const int size =
      EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(plain.data()),
                      static_cast<int>(plain.size()));
  return secret("Basic " + std::string(encoded.begin(), encoded.begin() + size));
}

bool ends_in(std::string_view host, std::string_view domain) {
  if (host.size() <= domain.size()) {
    return equal_ignoring_case(host, domain);
  }
  const auto rest = host.size() - domain.size();
  return host[rest - 1] == '.' && equal_ignoring_case(host.substr(rest), domain);
}

/// Whether `host` is an address within "10.0.0.0/8" or "fd00::/8".
bool lies_in(std::string_view host, std::string_view network) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (ec) {
    return false;
  }
  if (address.is_v4()) {
    const auto four = asio::ip::make_network_v4(network, ec);
    const auto hosts = four.netmask().to_uint();
    return !ec && (address.to_v4().to_uint() & hosts) == (four.address().to_uint() & hosts);
  }
  const auto six = asio::ip::make_network_v6(network, ec);
  return !ec &&
         asio::ip::network_v6(address.to_v6(), six.prefix_length()).canonical() == six.canonical();
}

bool matches(const url& endpoint, std::string_view entry) {
  if (entry.contains('/')) {
    return lies_in(endpoint.host, entry);
  }
  const auto port = fmt::format(":{}", endpoint.port);
  if (entry.ends_with(port)) {
    entry.remove_suffix(port.size());
  }
  if (entry.starts_with('[') && entry.ends_with(']')) {
    entry = entry.substr(1, entry.size() - 2);
  }
  if (entry.starts_with('.')) {
    entry.remove_prefix(1);
  }
  return entry == "*" || (!entry.empty() && ends_in(endpoint.host, entry));
}

}  // namespace

result<proxy> parse_proxy(std::string_view text) {
  proxy made;
  // What stands before an @ may be a password: no scheme is looked for behind it.
  const auto scheme_end = text.substr(0, text.find('@')).find("://");
  const std::string scheme(scheme_end == std::string_view::npos ? "http"
                                                                : text.substr(0, scheme_end));
  auto rest = scheme_end == std::string_view::npos ? text : text.substr(scheme_end + 3);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    made.authorization = basic_authorization(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
  auto address = parse_url(fmt::format("{}://{}", scheme, rest));
  if (!address) {
    return fail(std::move(address).error());
  }
  if (address->tls) {
    return wrong_usage(
        fmt::format("the proxy {} is to be reached by https, which is not supported; most "
                    "proxies listen for http://{} too",
                    address->text(), address->authority()));
  }
  made.address = std::move(*address);
  return made;
}

bool is_exempt(const url& endpoint, std::string_view no_proxy) {
  while (!no_proxy.empty()) {
    const auto length = std::min(no_proxy.find_first_of(", "), no_proxy.size());
    if (matches(endpoint, no_proxy.substr(0, length))) {
      return true;
    }
    no_proxy.remove_prefix(std::min(length + 1, no_proxy.size()));
  }
  return false;
}

}  // namespace ddm::net
