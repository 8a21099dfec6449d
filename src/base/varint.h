// Whole numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128). A
// difference that may be negative is folded first (zigzag), so that -1 takes one byte as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm {

inline void put_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) {
    bytes.push_back(static_cast<char>(value | 0x80U));
  }
  bytes.push_back(static_cast<char>(value));
}

/// Takes it from the front; nothing: the bytes end within it, or it is longer than 64 bits.
[[nodiscard]] inline std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  constexpr unsigned last_shift = 63;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift <= last_shift && !bytes.empty(); shift += 7) {
    const std::uint64_t byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift == last_shift && byte > 1) {
      return std::nullopt;
    }
    value |= (byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

/// `to` as a step from `from`. Of any two numbers: what overflows comes back.
[[nodiscard]] constexpr std::uint64_t zigzag_step(std::int64_t from, std::int64_t to) {
  const auto step = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  return step << 1U ^ (step >> 63U != 0 ? ~std::uint64_t{0} : 0);
}

[[nodiscard]] constexpr std::int64_t after_zigzag_step(std::int64_t from, std::uint64_t step) {
  const auto by = step >> 1U ^ ((step & 1U) != 0 ? ~std::uint64_t{0} : 0);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + by);
}

}  // namespace ddm
