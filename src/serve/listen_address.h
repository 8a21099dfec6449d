// Where the server listens, and what a Host or an Origin names: a host and a port.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::serve {

/// "monitor.example.com", "10.0.0.1:8080", "[::1]:8080".
struct authority {
  /// Lower case; addresses as the system writes them ("::1"), IPv4 in IPv6 as IPv4, no brackets.
  std::string host;
  std::optional<std::uint16_t> port;

  bool operator==(const authority&) const = default;
};

/// Nothing for what is neither a name nor an address, with a port from 0 to 65535 or none.
[[nodiscard]] std::optional<authority> parse_authority(std::string_view text);

struct listen_address {
  std::string host;        ///< an IP address as in `authority`
  std::uint16_t port = 0;  ///< 0: the kernel chooses

  bool operator==(const listen_address&) const = default;
  /// Only programs of this machine reach it.
  [[nodiscard]] bool is_loopback() const;
  /// "127.0.0.1:8080", "[::1]:8080".
  [[nodiscard]] std::string text() const;
};

/// "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:8080", "localhost:8080". The last is 127.0.0.1 without
/// asking anybody; other names are refused, as what they stand for may change. ":8080" is refused
/// too: elsewhere it means all addresses, which nobody should open by leaving something out.
/// The error says what is wrong and shows a right one.
[[nodiscard]] result<listen_address> parse_listen_address(std::string_view text);

}  // namespace ddm::serve
