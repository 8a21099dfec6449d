// Items and helpers that several tests of this folder use.
#pragma once

#include "dynamodb/item_digest.h"

#include <string>
#include <string_view>

namespace ddm::dynamodb::samples {

inline digest_secret secret() {
  digest_secret bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(i * 167 + 13);
  }
  return bytes;
}

inline key_schema schema() {
  return {{"pk", key_type::string}, key_attribute{"sk", key_type::number}};
}

inline result<item_digest> digest(std::string_view item, const ignore_list& ignored = {}) {
  return digest_item(item, secret(), ignored);
}

/// What `compared` is for an item that must be readable.
inline digest128 compared(std::string_view item) { return digest(item).value().compared; }

/// `before`, {"S":"x"} and `after`, `levels` deep counting the string.
inline std::string nested(int levels, std::string_view before, std::string_view after) {
  std::string value;
  for (int i = 1; i < levels; ++i) {
    value += before;
  }
  value += R"({"S":"x"})";
  for (int i = 1; i < levels; ++i) {
    value += after;
  }
  return value;
}

inline std::string nested_maps(int levels) { return nested(levels, R"({"M":{"a":)", "}}"); }
inline std::string nested_lists(int levels) { return nested(levels, R"({"L":[)", "]}"); }

}  // namespace ddm::dynamodb::samples
