#include "aws/sha256.h"

#include "base/error.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

namespace ddm::aws {
namespace {

struct free_openssl {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using digest_context = std::unique_ptr<EVP_MD_CTX, free_openssl>;
using mac_context = std::unique_ptr<EVP_MAC_CTX, free_openssl>;

void require(bool done) {
  if (!done) {
    broken_invariant("OpenSSL offers no SHA-256");
  }
}

const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

mac_context make_mac() {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  mac_context context(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  require(context != nullptr);
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  require(EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
  return context;
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

sha256_digest sha256(std::string_view bytes) {
  thread_local const digest_context context(EVP_MD_CTX_new());
  sha256_digest digest;
  require(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1 &&
          EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
          EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) {
  thread_local const mac_context context = make_mac();
  sha256_digest digest;
  std::size_t length = 0;
  require(EVP_MAC_init(context.get(), data_of(key), key.size(), nullptr) == 1 &&
          EVP_MAC_update(context.get(), data_of(bytes), bytes.size()) == 1 &&
          EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) == 1);
  return digest;
}

sha256_digest hmac_sha256(const sha256_digest& key, std::string_view bytes) {
  return hmac_sha256({reinterpret_cast<const char*>(key.data()), key.size()}, bytes);
}

std::string hex(const sha256_digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const auto byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace ddm::aws
