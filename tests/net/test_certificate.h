// A certificate that signs itself, made anew for each test.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <string>

namespace ddm::net {

struct test_certificate {
  std::string certificate_pem;
  std::string key_pem;
};

/// `subject_alternative_name`: "DNS:localhost", "IP:127.0.0.1".
[[nodiscard]] test_certificate make_certificate(const std::string& subject_alternative_name);

/// What a server that shows it needs.
[[nodiscard]] boost::asio::ssl::context server_context(const test_certificate& shown);

}  // namespace ddm::net
