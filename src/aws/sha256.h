// SHA-256 and HMAC-SHA-256 by OpenSSL, with the algorithms looked up once: a look-up costs more
// than hashing a request does.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace ddm::aws {

using sha256_digest = std::array<unsigned char, 32>;

[[nodiscard]] sha256_digest sha256(std::string_view bytes);
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] sha256_digest hmac_sha256(const sha256_digest& key, std::string_view bytes);

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string hex(const sha256_digest& digest);

}  // namespace ddm::aws
