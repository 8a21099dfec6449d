// What docs/decisions/0005 says of XXH3: a pair of inputs collides when two halves of the secret
// fit it, which who does not know the secret can only guess.
#include "dynamodb/canonical.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>

namespace ddm::dynamodb {
namespace {

constexpr std::size_t stripe_bytes = 64;
constexpr std::size_t lane_bytes = 8;
constexpr std::uint64_t top_bit = 1ULL << 63;

/// One lane of two stripes of a block, whose words are to be changed.
constexpr std::size_t lane = 3;
constexpr std::size_t stripes[] = {2, 5};

std::size_t place_of(std::size_t stripe) { return stripe * stripe_bytes + lane * lane_bytes; }

std::uint64_t secret_of(std::size_t stripe, const digest_secret& secret) {
  std::uint64_t word = 0;
  std::memcpy(&word, secret.data() + (stripe + lane) * lane_bytes, sizeof word);
  return word;
}

/// Two texts that differ in the top bit of both words. With the secret for which they are made the
/// products of both halves change by the same amount, once up and once down.
std::pair<std::string, std::string> pair_for(const digest_secret& secret) {
  std::mt19937_64 random(7);
  std::string text(600, 'x');
  auto other = text;
  constexpr std::uint64_t low_half = 0x12345678;
  for (std::uint64_t sign = 0; const auto stripe : stripes) {
    const auto by = (random() >> 33U << 32U) | low_half;  // the top bit is clear
    const auto word = (by | std::exchange(sign, top_bit)) ^ secret_of(stripe, secret);
    const auto changed = word ^ top_bit;
    std::memcpy(text.data() + place_of(stripe), &word, sizeof word);
    std::memcpy(other.data() + place_of(stripe), &changed, sizeof changed);
  }
  return {text, other};
}

digest_secret secret_from(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  digest_secret secret;
  for (auto& byte : secret) {
    byte = static_cast<unsigned char>(random());
  }
  return secret;
}

TEST(collision, of_a_pair_that_fits_the_secret) {
  const auto secret = secret_from(1);
  const auto [one, other] = pair_for(secret);
  ASSERT_NE(one, other);
  EXPECT_EQ(hash128(one, secret), hash128(other, secret));
}

TEST(collision, is_none_with_other_secrets) {
  const auto [one, other] = pair_for(secret_from(1));
  for (std::uint64_t seed = 2; seed < 1000; ++seed) {
    const auto secret = secret_from(seed);
    EXPECT_NE(hash128(one, secret), hash128(other, secret)) << seed;
  }
}

}  // namespace
}  // namespace ddm::dynamodb
