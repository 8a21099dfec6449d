// An http or https address taken apart: "https://dynamodb.eu-west-1.amazonaws.com",
// "http://[::1]:8000/path". User names, queries and fragments have no place in an endpoint.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ddm::net {

struct url {
  bool tls = false;
  std::string host;  ///< lower case, an IPv6 literal without its brackets
  std::uint16_t port = 0;
  std::string path = "/";

  bool operator==(const url&) const = default;
  /// What the Host header says: the port only where it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// "https://host:port/path", the port only where it is not the scheme's own.
  [[nodiscard]] std::string text() const;
};

/// For an error: without what may be a password or a token, which stands before an @ or behind a ?
/// or #.
[[nodiscard]] std::string without_secrets(std::string_view text);

/// ASCII without blanks and control characters: it may stand in the first line of a request.
[[nodiscard]] bool is_printable(std::string_view text);

/// The error says what is wrong and shows a right one. A scheme is required.
[[nodiscard]] result<url> parse_url(std::string_view text);

}  // namespace ddm::net
