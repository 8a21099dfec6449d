#include "base/displayable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace ddm {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr char32_t invalid = 0xffffffff;

struct code_point {
  char32_t value = invalid;
  std::size_t bytes = 1;
};

/// The first character; `invalid`, and one byte, where there is none.
code_point first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto lead = byte(0);
  if (lead < 0x80) {
    return {.value = lead};
  }
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
    return {};
  }
  char32_t value = lead & (0x7fU >> bytes);
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xc0U) != 0x80) {
      return {};
    }
    value = value << 6U | (byte(at) & 0x3fU);
  }
  constexpr char32_t least[]{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  return value < least[bytes] || value > 0x10ffff || is_surrogate
             ? code_point{}
             : code_point{.value = value, .bytes = bytes};
}

/// Letters and joiners that nobody sees: a grapheme joiner, a vowel separator, a filler.
bool is_blank(char32_t c) { return c == 0x34f || c == 0x180e || c == 0x3164; }

/// Characters that a terminal obeys or that hide what is there.
bool is_unsafe(char32_t c, line_breaks breaks) {
  const auto between = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (c == '\n') {
    return breaks == line_breaks::escaped;
  }
  return (c < 0x20 && c != '\t') || between(0x7f, 0x9f) || c == 0xad || c == 0x61c ||
         between(0x200b, 0x200f) || between(0x2028, 0x202e) || between(0x2060, 0x206f) ||
         c == 0xfeff || between(0xfff9, 0xfffc) || is_blank(c) || between(0x1d173, 0x1d17a) ||
         between(0xe0000, 0xe007f);
}

/// As JSON spells it: beyond the first 65,536 characters by two halves.
std::string escape_of(char32_t c) {
  const auto unit = [](char32_t half) {
    return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(half));
  };
  if (c < 0x10000) {
    return unit(c);
  }
  const auto above = c - 0x10000;
  return unit(0xd800 + (above >> 10U)) + unit(0xdc00 + (above & 0x3ffU));
}

bool is_plain(std::string_view text, line_breaks breaks) {
  return std::ranges::all_of(text, [breaks](char c) {
    return (c >= ' ' && c < 0x7f) || c == '\t' || (c == '\n' && breaks == line_breaks::kept);
  });
}

}  // namespace

std::string displayable(std::string_view text, line_breaks breaks) {
  if (is_plain(text, breaks)) {
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const auto [value, bytes] = first_of(text);
    if (value == invalid) {
      out += replacement;
    } else if (is_unsafe(value, breaks)) {
      out += escape_of(value);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace ddm
