#include "dynamodb/base64.h"

#include <array>
#include <cstdint>

namespace ddm::dynamodb {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0x80;

constexpr auto digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

std::uint32_t digit(char c) { return digits[static_cast<unsigned char>(c)]; }

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

bool append_base64_decoded(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) {
    return false;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const auto begin = out.size();
  out.resize(begin + text.size() / 4 * 3);
  auto* to = out.data() + begin;
  std::uint32_t seen = 0;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    const auto third = last && padding == 2 ? 0 : digit(text[at + 2]);
    const auto fourth = last && padding != 0 ? 0 : digit(text[at + 3]);
    const auto first = digit(text[at]);
    const auto second = digit(text[at + 1]);
    seen |= first | second | third | fourth;
    const auto group = first << 18 | second << 12 | third << 6 | fourth;
    if (last && (padding == 2 ? second & 15 : padding == 1 ? third & 3 : 0) != 0) {
      return false;
    }
    *to++ = static_cast<char>(group >> 16);
    *to++ = static_cast<char>(group >> 8);
    *to++ = static_cast<char>(group);
  }
  out.resize(out.size() - padding);
  return (seen & no_digit) == 0;
}

result<std::string> base64_decode(std::string_view text) {
  std::string out;
  if (!append_base64_decoded(text, out)) {
    return fatal("reading a binary value: the text is not padded base64 (RFC 4648)");
  }
  return out;
}

}  // namespace ddm::dynamodb
