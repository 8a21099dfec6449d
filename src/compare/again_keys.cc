#include "compare/again_keys.h"

namespace ddm::compare {
namespace {

using dynamodb::digest128;

constexpr std::size_t digest_bytes = 16;

}  // namespace

void again_keys::take(std::span<const state::candidate_row> rows) {
  keys_.clear();
  for (const auto& row : rows) {
    if (const auto key = digest128::from_bytes(row.key_hash)) {
      keys_.insert(*key);
    }
  }
}

std::string again_keys::encoded() const {
  std::string bytes;
  bytes.reserve(keys_.size() * digest_bytes);
  for (const auto& key : keys_) {
    bytes += key.bytes();
  }
  return bytes;
}

void again_keys::restore(std::string_view encoded) {
  for (std::size_t at = 0; at < encoded.size(); at += digest_bytes) {
    if (const auto key = digest128::from_bytes(encoded.substr(at, digest_bytes))) {
      keys_.insert(*key);
    }
  }
}

}  // namespace ddm::compare
