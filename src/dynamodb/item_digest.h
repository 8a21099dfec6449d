// Whether two items are equal, decided by 128 bits.
//
// Problem: items must compare as DynamoDB compares them (numbers by value to 38 digits, sets and
// maps without order), millions of them, without keeping any.
// Idea: an item becomes canonical bytes (tag, length, value; maps and sets sorted; numbers as sign,
// digits and exponent, never through double; a value over 1 KB as its length and hash), hashed once
// with XXH3-128 under a random 192-byte secret. Equal items have equal bytes, unequal ones do not.
// Reason: the secret lives in the state, so digests stay comparable after a restart, and by chance
// two items collide once in 10^38 comparisons. XXH3 is no cryptographic hash: who writes items
// without knowing the secret can prepare a pair that collides with a chance of about 2^-33, and
// cannot see whether it did (docs/decisions/0005).
#pragma once

#include "base/error.h"
#include "dynamodb/names.h"

#include <array>
#include <bitset>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::dynamodb {

struct digest128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const digest128&) const = default;
  /// 32 lower-case hexadecimal digits.
  [[nodiscard]] std::string hex() const;
  /// 16 bytes, as the state keeps it; and back, nothing for any other length.
  [[nodiscard]] std::string bytes() const;
  [[nodiscard]] static std::optional<digest128> from_bytes(std::string_view bytes);
};

using digest_secret = std::array<unsigned char, 192>;

/// Two digests of one item. They differ only where an ignored attribute is present.
struct item_digest {
  digest128 compared;  ///< without the ignored attributes: what equality is decided by
  digest128
      everything;  ///< with them: tells which items are equal only thanks to --ignore-attribute
  bool operator==(const item_digest&) const = default;
};

/// Of each of a key's two values, as JSON: they have 2,048 and 1,024 bytes, and JSON takes up to
/// six for one ("\u0001"). With their names, of 255 characters at most, a key stays below 64 KiB.
constexpr std::size_t key_value_json_max = 16UZ * 1024;

/// A key in both forms that are needed.
struct item_key {
  /// As the service sent it and will get it back: {"pk":{"S":"user#1"},"sk":{"N":"7"}}.
  std::string json;
  /// Digest of the canonical key: numbers by value, attributes in schema order. Identity of the
  /// item.
  digest128 hash;
};

/// The two values of a key document or item, as they were written.
struct raw_key {
  std::string_view partition;
  std::string_view sort;  ///< empty where the schema has none
  /// {"pk":…,"sk":…}
  [[nodiscard]] std::string json(const key_schema& schema) const;
};

/// Attribute paths that are left out of comparisons: "aws:rep:*" (a trailing * matches any rest),
/// "meta.updated_at" (members of maps; names with a dot in them cannot be told apart and match
/// too). Values inside lists have no path and are always compared. Digests, the paths of a finding
/// and a repair go by the same list: tests/repair/ignored_property_test.cc.
class ignore_list {
 public:
  ignore_list() = default;
  explicit ignore_list(std::vector<std::string> patterns);
  /// Why a pattern cannot be honoured, as the rest of a sentence that begins with it.
  [[nodiscard]] static std::optional<std::string_view> refusal(std::string_view pattern);
  [[nodiscard]] bool matches(std::string_view path) const {
    // Asked of every attribute: most begin as no pattern does.
    return (path.empty() || may_begin_.test(static_cast<unsigned char>(path.front()))) &&
           matches_any(path);
  }
  /// Whatever `other` leaves out is left out here too: each of its patterns by one of these.
  [[nodiscard]] bool covers(const ignore_list& other) const;
  /// Leaves out what both do.
  [[nodiscard]] ignore_list common_with(const ignore_list& other) const;
  [[nodiscard]] bool empty() const { return patterns_.empty(); }
  /// False when only top-level attributes can match.
  [[nodiscard]] bool reaches_into_maps() const { return reaches_into_maps_; }
  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }

 private:
  [[nodiscard]] bool matches_any(std::string_view path) const;

  std::vector<std::string> patterns_;
  std::bitset<256> may_begin_;  ///< first bytes of what a pattern matches
  bool reaches_into_maps_ = false;
};

/// The digest of one item given as JSON text {"attr":{"S":"…"},…}; for tests and rare paths. Pages
/// are digested by page_decoder without a copy. An absent or malformed item is an error, never a
/// digest.
[[nodiscard]] result<item_digest> digest_item(std::string_view item_json,
                                              const digest_secret& secret,
                                              const ignore_list& ignored);

/// The canonical key of an item or key document; fails when a key attribute is absent or of another
/// type than the schema says. The JSON form is rebuilt from the two attributes as they were
/// written.
[[nodiscard]] result<item_key> key_of(std::string_view item_json, const key_schema& schema,
                                      const digest_secret& secret);

}  // namespace ddm::dynamodb

template <>
struct std::hash<ddm::dynamodb::digest128> {
  using is_avalanching = void;
  std::size_t operator()(const ddm::dynamodb::digest128& digest) const noexcept {
    return digest.low;
  }
};
