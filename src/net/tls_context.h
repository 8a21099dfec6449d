// What all TLS connections to one endpoint share: the trusted authorities and the last session, so
// that a new connection resumes it instead of paying for a full handshake.
#pragma once

#include "base/error.h"
#include "runtime/asio.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <string>

namespace ddm::net {

using tls_stream = asio::ssl::stream<asio::ip::tcp::socket&>;

class tls_context {
 public:
  /// TLS 1.2 or later, certificates verified against `ca_file` (PEM) or, where that is empty, the
  /// system's authorities. Fails when the file cannot be read.
  [[nodiscard]] static result<std::unique_ptr<tls_context>> create(const std::string& ca_file);
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;
  ~tls_context() = default;

  /// A stream that will accept no certificate but one for `host` (a name or an IP address). Where
  /// that cannot be asked for there is none: an error of class `fatal`.
  [[nodiscard]] result<std::unique_ptr<tls_stream>> make_stream(asio::ip::tcp::socket& socket,
                                                                const std::string& host);

 private:
  tls_context();
  static int keep_session(SSL* stream, SSL_SESSION* session);

  struct free_session {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  std::unique_ptr<SSL_SESSION, free_session> session_;
  asio::ssl::context context_;
};

/// "certificate verify failed: self-signed certificate", for a handshake that failed with `ec`.
[[nodiscard]] std::string describe_tls_failure(tls_stream& stream,
                                               const boost::system::error_code& ec);

}  // namespace ddm::net
