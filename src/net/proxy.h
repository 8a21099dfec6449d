// The HTTP proxy between us and an https endpoint: what HTTPS_PROXY and NO_PROXY say.
//
// The proxy only carries bytes: after CONNECT the TLS connection is made with the endpoint itself,
// so it sees neither requests nor credentials.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "net/url.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::net {

struct proxy {
  url address;           ///< http only
  secret authorization;  ///< value of Proxy-Authorization; empty where none is needed
};

/// "http://host:3128", "http://user:password@host:3128", "host:3128". Errors never show the
/// password.
[[nodiscard]] result<proxy> parse_proxy(std::string_view text);

/// Whether a list such as "localhost,.internal,10.0.0.1:8000,10.1.0.0/16" exempts the endpoint: an
/// entry stands for the host itself and all names that end in it, or for the addresses of a
/// network,
/// "*" for all; with a port for that port only.
[[nodiscard]] bool is_exempt(const url& endpoint, std::string_view no_proxy);

}  // namespace ddm::net
