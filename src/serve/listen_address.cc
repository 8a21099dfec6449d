#include "serve/listen_address.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ddm::serve {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> address_of(const std::string& host) {
  boost::system::error_code ec;
  auto address = ip::make_address(host, ec);
  if (ec || host.contains('%') || host.contains('\0')) {
    return std::nullopt;
  }
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '_';
  });
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [stop, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = stop == digits.data() + digits.size();
  return ec == std::errc{} && whole ? std::optional(port) : std::nullopt;
}

std::unexpected<error> wrong(std::string_view text, std::string_view why) {
  return wrong_usage(
      fmt::format("\"{}\" is no address to listen at: {}; write it as 127.0.0.1:8080 or [::1]:8080",
                  text, why));
}

}  // namespace

std::optional<authority> parse_authority(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const auto host_end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (host_end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t bracket = bracketed ? 1 : 0;
  authority parsed{.host = std::string(text.substr(bracket, host_end - bracket)),
                   .port = std::nullopt};
  std::ranges::transform(parsed.host, parsed.host.begin(),
                         [](unsigned char c) { return std::tolower(c); });
  if (const auto address = address_of(parsed.host)) {
    parsed.host = address->to_string();
  } else if (bracketed || !is_host_name(parsed.host)) {
    return std::nullopt;
  }
  const auto rest = text.substr(host_end + bracket);
  if (!rest.empty()) {
    parsed.port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
    if (!parsed.port) {
      return std::nullopt;
    }
  }
  return parsed;
}

bool listen_address::is_loopback() const {
  const auto address = address_of(host);
  return address && address->is_loopback();
}

std::string listen_address::text() const {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

result<listen_address> parse_listen_address(std::string_view text) {
  if (text.starts_with(':')) {
    return wrong(text,
                 "it has no host; for all addresses write 0.0.0.0, and mind that a token is "
                 "needed then");
  }
  const auto named = parse_authority(text);
  if (!named) {
    return wrong(text, "it is not an IP address and a port from 0 to 65535");
  }
  if (!named->port) {
    return wrong(text, "it has no port");
  }
  if (named->host == "localhost") {
    return listen_address{.host = "127.0.0.1", .port = *named->port};
  }
  if (!address_of(named->host)) {
    return wrong(text, "its host is a name other than localhost");
  }
  return listen_address{.host = named->host, .port = *named->port};
}

}  // namespace ddm::serve
