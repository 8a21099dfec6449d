// Where a system keeps the authorities that it trusts: one PEM file, whose place each family of
// distributions chose for itself. OpenSSL knows only the place of the system that it was built on,
// which a program that carries its OpenSSL along cannot go by, nor one in a container that has
// libraries and authorities only.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace ddm::net {

/// In the order of looking.
inline constexpr std::array authority_files{
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Red Hat, Fedora, Amazon Linux
    "/etc/pki/tls/certs/ca-bundle.crt",                   // the same, older; Amazon Linux 2
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/var/lib/ca-certificates/ca-bundle.pem",             // SUSE without its links
    "/etc/ssl/cert.pem",                                  // Alpine without its package, BSD
};

/// What OpenSSL goes by itself.
struct openssl_places {
  std::string file;     ///< of the system that it was built on
  std::string folder;   ///< beside that file: one authority a file
  bool chosen = false;  ///< SSL_CERT_FILE or SSL_CERT_DIR names others
};

/// What to trust beside OpenSSL's own places: the first of `files` that holds something. Empty:
/// nothing more, as somebody has chosen or OpenSSL's own places hold something. No value: there is
/// no authority anywhere.
[[nodiscard]] std::optional<std::string> authorities_beside(
    const openssl_places& openssl, std::span<const char* const> files,
    const std::function<bool(const std::string& path)>& holds_some,
    const std::function<bool(const std::string& path)>& has_entries);

/// A file that can be read and is not empty: where a container's bind mount found nothing a folder
/// stands in its place.
[[nodiscard]] bool is_readable_and_holds_some(const std::string& path);
[[nodiscard]] bool folder_holds_some(const std::string& path);

}  // namespace ddm::net
