#include "net/url.h"

#include <boost/asio/ip/address_v6.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ddm::net {
namespace {

constexpr std::uint16_t default_port(bool tls) { return tls ? 443 : 80; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::unexpected<error> wrong(std::string_view text, std::string_view why) {
  return wrong_usage(
      fmt::format("\"{}\" is not an endpoint: {}; write it as "
                  "https://dynamodb.eu-west-1.amazonaws.com or http://localhost:8000",
                  without_secrets(text), why));
}

bool is_host_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

std::string without_secrets(std::string_view text) {
  const auto scheme_end = text.find("://");
  const auto begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  std::string shown(text.substr(0, begin));
  auto rest = text.substr(begin);
  const auto at = rest.rfind('@');
  if (at != std::string_view::npos) {
    if (rest.substr(0, at).find_first_of("?#") != std::string_view::npos) {
      return shown + "…";  // a password with a ?, or a query with an @
    }
    shown += "…@";
    rest.remove_prefix(at + 1);
  }
  const auto end = rest.find_first_of("?#");
  return shown.append(rest.substr(0, end)).append(end == std::string_view::npos ? "" : "?…");
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

std::string url::authority() const {
  const bool bare = host.find(':') == std::string::npos;
  auto name = bare ? host : fmt::format("[{}]", host);
  return port == default_port(tls) ? name : fmt::format("{}:{}", name, port);
}

std::string url::text() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path);
}

result<url> parse_url(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return wrong(text, "it has no http:// or https:// in front");
  }
  const auto scheme = lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") {
    return wrong(text, "what stands in front of :// is neither http nor https");
  }
  url parsed{.tls = scheme == "https", .port = default_port(scheme == "https")};

  auto rest = text.substr(scheme_end + 3);
  if (rest.find_first_of("?#@") != std::string_view::npos) {
    return wrong(text, "it has a user name, query or fragment");
  }
  const auto path_start = std::min(rest.find('/'), rest.size());
  if (path_start < rest.size()) {
    parsed.path = rest.substr(path_start);
    if (!is_printable(parsed.path)) {
      return wrong(text, "its path has a blank or a character that is not ASCII");
    }
  }
  rest = rest.substr(0, path_start);

  std::size_t host_end = 0;
  if (rest.starts_with('[')) {
    const auto bracket = std::min(rest.find(']'), rest.size());
    parsed.host = lower(rest.substr(1, bracket - 1));
    host_end = std::min(bracket + 1, rest.size());
    boost::system::error_code ec;
    static_cast<void>(boost::asio::ip::make_address_v6(parsed.host, ec));
    if (ec || bracket == rest.size() || !is_printable(parsed.host)) {
      return wrong(text, "what stands in brackets is no IPv6 address");
    }
    if (parsed.tls && parsed.host.contains('%')) {
      return wrong(text,
                   "an address with a zone (%) is in no certificate, so https cannot check it");
    }
  } else {
    host_end = std::min(rest.find(':'), rest.size());
    parsed.host = lower(rest.substr(0, host_end));
    if (!is_host_name(parsed.host)) {
      return wrong(text, parsed.host.empty() ? "it has no host" : "its host is no host name");
    }
  }
  if (host_end == rest.size()) {
    return parsed;
  }
  const auto digits = rest.substr(host_end + 1);
  const auto [stop, ec] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (rest[host_end] != ':' || ec != std::errc{} || stop != digits.data() + digits.size() ||
      parsed.port == 0) {
    // What stands there may be a password of which the host was forgotten.
    return wrong(fmt::format("{}:…", text.substr(0, scheme_end + 3 + host_end)),
                 "its port is not a number from 1 to 65535");
  }
  return parsed;
}

}  // namespace ddm::net
