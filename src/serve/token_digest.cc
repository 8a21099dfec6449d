#include "serve/token_digest.h"

#include "base/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace ddm::serve {

token_digest::token_digest(std::string_view token) {
  unsigned length = 0;
  if (EVP_Digest(token.data(), token.size(), digest_.data(), &length, EVP_sha256(), nullptr) != 1 ||
      length != digest_.size()) {
    broken_invariant("OpenSSL offers no SHA-256");
  }
}

bool token_digest::matches(const token_digest& given) const {
  return CRYPTO_memcmp(digest_.data(), given.digest_.data(), digest_.size()) == 0;
}

}  // namespace ddm::serve
