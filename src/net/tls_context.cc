#include "net/tls_context.h"

#include "net/authorities.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <sys/stat.h>

namespace ddm::net {
namespace {

/// Where a native context keeps the pointer to ours; index 0 belongs to Asio.
int own_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::optional<std::string> authorities_of_this_system() {
  const openssl_places openssl{.file = X509_get_default_cert_file(),
                               .folder = X509_get_default_cert_dir(),
                               .chosen = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                                         std::getenv(X509_get_default_cert_dir_env()) != nullptr};
  return authorities_beside(openssl, authority_files, is_readable_and_holds_some,
                            folder_holds_some);
}

}  // namespace

tls_context::tls_context() : context_(asio::ssl::context::tls_client) {
  SSL_CTX* const native = context_.native_handle();
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(native, &tls_context::keep_session);
  SSL_CTX_set_ex_data(native, own_index(), this);
}

result<std::unique_ptr<tls_context>> tls_context::create(const std::string& ca_file) {
  std::unique_ptr<tls_context> made(new tls_context);
  SSL_CTX* const native = made->context_.native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1) {
    return fail(error_class::fatal, "OpenSSL cannot be limited to TLS 1.2 and later");
  }
  ERR_clear_error();
  const auto file = ca_file.empty() ? authorities_of_this_system() : ca_file;
  if (!file) {
    return wrong_usage(
        fmt::format("this system has no certificate authorities, so no https endpoint can be "
                    "trusted: looked at {}, {}, {}; install ca-certificates, or name a PEM file by "
                    "AWS_CA_BUNDLE",
                    X509_get_default_cert_file(), X509_get_default_cert_dir(),
                    fmt::join(authority_files, ", ")));
  }
  struct stat found{};
  if (!file->empty() && ::stat(file->c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return wrong_usage(fmt::format(
        "the certificate authorities are not read from {}, which is no regular file; AWS_CA_BUNDLE "
        "(or ca_bundle in the profile) must name a PEM file",
        *file));
  }
  const bool loaded = (!ca_file.empty() || SSL_CTX_set_default_verify_paths(native) == 1) &&
                      (file->empty() || SSL_CTX_load_verify_file(native, file->c_str()) == 1);
  if (!loaded) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return wrong_usage(fmt::format(
        "the certificate authorities could not be read from {}: {}; AWS_CA_BUNDLE (or ca_bundle in "
        "the profile) must name a readable PEM file",
        file->empty() ? "the system's store" : *file, reason ? reason : "no certificate in it"));
  }
  return made;
}

int tls_context::keep_session(SSL* stream, SSL_SESSION* session) {
  auto* const self =
      static_cast<tls_context*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(stream), own_index()));
  // A copy: OpenSSL spoils the sessions of connections that are dropped without a farewell.
  self->session_.reset(SSL_SESSION_dup(session));
  return 0;
}

result<std::unique_ptr<tls_stream>> tls_context::make_stream(asio::ip::tcp::socket& socket,
                                                             const std::string& host) {
  auto stream = std::make_unique<tls_stream>(socket, context_);
  SSL* const native = stream->native_handle();
  boost::system::error_code no_address;
  static_cast<void>(asio::ip::make_address(host, no_address));
  const bool is_bound =
      no_address ? SSL_set_tlsext_host_name(native, host.c_str()) == 1 &&
                       SSL_set1_host(native, host.c_str()) == 1
                 : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), host.c_str()) == 1;
  if (!is_bound) {
    return fail(error_class::fatal,
                fmt::format("no certificate can be checked to be that of \"{}\"", host));
  }
  if (session_) {
    // Without it the handshake takes a round trip more.
    static_cast<void>(SSL_set_session(native, session_.get()));
  }
  return stream;
}

std::string describe_tls_failure(tls_stream& stream, const boost::system::error_code& ec) {
  const long verdict = SSL_get_verify_result(stream.native_handle());
  if (verdict == X509_V_OK) {
    return ec.message();
  }
  return fmt::format(
      "its certificate is not accepted ({}); for a private authority set "
      "AWS_CA_BUNDLE to its PEM file",
      X509_verify_cert_error_string(verdict));
}

}  // namespace ddm::net
