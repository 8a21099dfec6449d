#include "base/display_width.h"

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <utility>

namespace ddm {
namespace {

/// Of this thread, for as long as it lives; the program's own locale stays "C".
class unicode_locale {
 public:
  unicode_locale() {
    static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    known_ = unicode != nullptr;
    before_ = known_ ? ::uselocale(unicode) : nullptr;
  }
  unicode_locale(const unicode_locale&) = delete;
  unicode_locale& operator=(const unicode_locale&) = delete;
  ~unicode_locale() {
    if (known_) {
      ::uselocale(before_);
    }
  }
  [[nodiscard]] std::size_t width(char32_t c) const {
    const int columns = known_ ? ::wcwidth(static_cast<wchar_t>(c)) : 1;
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
  }

 private:
  bool known_ = false;
  locale_t before_ = nullptr;
};

/// The first character and its bytes; a byte that begins none is one of its own.
std::pair<char32_t, std::size_t> first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes == 1 || bytes > text.size()) {
    return {lead, 1};
  }
  char32_t value = lead & (0x7fU >> bytes);
  for (const char next : text.substr(1, bytes - 1)) {
    value = value << 6U | (static_cast<unsigned char>(next) & 0x3fU);
  }
  return {value, bytes};
}

/// The bytes of `text` that take `columns` at most, and the columns that they take.
std::pair<std::size_t, std::size_t> fitting(std::string_view text, std::size_t columns) {
  const unicode_locale unicode;
  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < text.size()) {
    const auto [value, bytes] = first_of(text.substr(at));
    const auto width = unicode.width(value);
    if (taken + width > columns) {
      break;
    }
    taken += width;
    at += bytes;
  }
  return {at, taken};
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t display_width(std::string_view text) {
  return is_ascii(text) ? text.size() : fitting(text, std::string_view::npos).second;
}

std::string cut_to_width(std::string_view text, std::size_t columns, std::string_view mark) {
  if (text.size() <= columns && is_ascii(text)) {
    return std::string(text);
  }
  if (fitting(text, columns).first == text.size()) {
    return std::string(text);
  }
  const auto mark_width = display_width(mark);
  if (mark_width >= columns) {
    return std::string(text.substr(0, fitting(text, columns).first));
  }
  return std::string(text.substr(0, fitting(text, columns - mark_width).first)) + std::string(mark);
}

std::string ascii_only(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else if (byte >= 0xc0) {
      out += '?';
    }
  }
  return out;
}

}  // namespace ddm
