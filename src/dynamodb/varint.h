// Unsigned integers in base 128, low digits first: what canonical bytes count lengths with.
#pragma once

#include <cstdint>
#include <string>

namespace ddm::dynamodb {

inline void append_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

}  // namespace ddm::dynamodb
