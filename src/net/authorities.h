// Where a system keeps the authorities that it trusts: one PEM file, whose place each family of
// distributions chose for itself. OpenSSL knows only the place of the system that it was built on,
// which a program that carries its OpenSSL along cannot go by.
#pragma once

#include <array>
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

/// The first of them that can be read and holds something, below `root`; empty where there is none.
[[nodiscard]] std::string system_authorities(const std::string& root = "");

}  // namespace ddm::net
