#include "dynamodb/base64.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace ddm::dynamodb {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t group_chars = 4;
constexpr std::size_t group_bytes = 3;
constexpr std::uint32_t no_digit = 1U << 31;

/// Of each character what it adds to its group, by its place in it.
constexpr auto digits = [] {
  std::array<std::array<std::uint32_t, 256>, group_chars> tables{};
  for (std::size_t place = 0; place < group_chars; ++place) {
    tables[place].fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
      tables[place][static_cast<unsigned char>(alphabet[i])] =
          static_cast<std::uint32_t>(i << (6 * (group_chars - 1 - place)));
    }
  }
  return tables;
}();

std::uint32_t group_of(const char* chars) {
  const auto digit = [chars](std::size_t place) {
    return digits[place][static_cast<unsigned char>(chars[place])];
  };
  return digit(0) | digit(1) | digit(2) | digit(3);
}

std::size_t padding_of(std::string_view text) {
  return text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
}

std::uint32_t big_endian(std::uint32_t word) {
  return std::endian::native == std::endian::little ? std::byteswap(word) : word;
}

std::uint32_t byte(char c) { return static_cast<unsigned char>(c); }

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const auto taken = std::min<std::size_t>(bytes.size(), 3);
    const auto group = byte(bytes[0]) << 16 | (taken > 1 ? byte(bytes[1]) << 8 : 0) |
                       (taken > 2 ? byte(bytes[2]) : 0);
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63];
    out += taken > 1 ? alphabet[group >> 6 & 63] : '=';
    out += taken > 2 ? alphabet[group & 63] : '=';
    bytes.remove_prefix(taken);
  }
  return out;
}

std::optional<std::size_t> base64_decoded_size(std::string_view text) {
  if (text.size() % group_chars != 0) {
    return std::nullopt;
  }
  return text.size() / group_chars * group_bytes - padding_of(text);
}

bool base64_decode_into(std::string_view text, char* to) {
  if (text.empty()) {
    return true;
  }
  std::uint32_t seen = 0;
  const char* from = text.data();
  for (const char* last = from + text.size() - group_chars; from < last; from += group_chars) {
    const auto group = group_of(from);
    seen |= group;
    // Four bytes, of which the next group overwrites the fourth.
    const auto stored = big_endian(group << 8);
    std::memcpy(to, &stored, sizeof stored);
    to += group_bytes;
  }
  const auto padding = padding_of(text);
  std::array<char, group_chars> whole;
  std::memcpy(whole.data(), from, whole.size());
  std::fill(whole.end() - static_cast<std::ptrdiff_t>(padding), whole.end(), alphabet[0]);
  const auto group = group_of(whole.data());
  seen |= group;
  const std::array bytes{static_cast<char>(group >> 16), static_cast<char>(group >> 8),
                         static_cast<char>(group)};
  std::copy_n(bytes.begin(), group_bytes - padding, to);
  const auto stray_bits = padding == 0 ? 0 : group & ((1U << (8 * padding)) - 1);
  return (seen & no_digit) == 0 && stray_bits == 0;
}

result<std::string> base64_decode(std::string_view text) {
  const auto size = base64_decoded_size(text);
  std::string out(size.value_or(0), '\0');
  if (!size || !base64_decode_into(text, out.data())) {
    return fatal("reading a binary value: the text is not padded base64 (RFC 4648)");
  }
  return out;
}

}  // namespace ddm::dynamodb
