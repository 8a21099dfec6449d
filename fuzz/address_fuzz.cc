// Addresses as users and profiles write them: what is accepted can be written and read again, and
// holds nothing that would end a header line. Errors do not quote a proxy's password.
#include "fuzz_target.h"
#include "net/http_date.h"
#include "net/proxy.h"
#include "net/url.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace ddm::fuzz {
namespace {

constexpr std::string_view secret = "wJalrXUtnFEMI";

bool fits_a_line(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

/// Each * between the scheme and the last @ stands for a secret.
std::string with_secrets(std::string_view text) {
  const auto at = text.rfind('@');
  const auto scheme_end = text.substr(0, text.find('@')).find("://");
  const auto begin = scheme_end == std::string_view::npos ? 0 : scheme_end;
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hides = text[i] == '*' && at != std::string_view::npos && i >= begin && i < at;
    made += hides ? secret : text.substr(i, 1);
  }
  return made;
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.contains(secret)) {
    return;  // nothing could be told from what is quoted rightly
  }
  if (const auto address = net::parse_url(input)) {
    require(!address->host.empty() && address->port > 0, "an address says where");
    require(fits_a_line(address->host) && fits_a_line(address->path), "a header stays a line");
    const auto again = net::parse_url(address->text());
    require(again && *again == *address, "an address comes back");
    // An exemption list holds the host itself and all.
    require(net::is_exempt(*address, "*"), "all are exempt");
  } else {
    require(!address.error().message.empty(), "a refusal says why");
  }
  if (const auto through = net::parse_proxy(with_secrets(input))) {
    require(!through->address.tls && !through->address.host.empty(), "a proxy is a plain address");
    require(through->address.text().find(secret) == std::string::npos,
            "an address has no password");
  } else {
    require(through.error().message.find(secret) == std::string::npos,
            "a refusal does not show the password");
  }
  (void)net::is_exempt({.tls = true, .host = "10.1.2.3", .port = 443, .path = "/"}, input);
  (void)net::is_exempt({.tls = true, .host = "a.example.com", .port = 443, .path = "/"}, input);
  (void)net::parse_http_date(input);
}

}  // namespace ddm::fuzz
