#include "dynamodb/number.h"

#include "base/varint.h"
#include "dynamodb/attribute_value.h"

#include <algorithm>
#include <cstdint>

namespace ddm::dynamodb {
namespace {

/// Exponents saturate here: far beyond the service's 125, far from overflow when lengths are added.
constexpr long long exponent_max = 1'000'000'000'000;

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
    ++length;
  }
  const auto digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  return negative;
}

bool take_exponent(std::string_view& text, long long& exponent) {
  text.remove_prefix(1);
  const bool negative = take_sign(text);
  const auto digits = take_digits(text);
  for (const char c : digits) {
    exponent = std::min(exponent * 10 + (c - '0'), exponent_max);
  }
  exponent = negative ? -exponent : exponent;
  return !digits.empty();
}

void strip_leading_zeros(std::string_view& digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
}

void strip_trailing_zeros(std::string_view& digits) {
  digits = digits.substr(0, digits.find_last_not_of('0') + 1);
}

/// What most numbers are: digits that neither begin nor end with zero, perhaps with a sign.
bool parse_plain(std::string_view text, decimal& number) {
  const bool negative = text.starts_with('-');
  const auto digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.front() == '0' || digits.back() == '0' ||
      !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  number.negative = negative;
  number.integer = digits;
  return true;
}

}  // namespace

bool parse_decimal(std::string_view text, decimal& number) {
  number = {};
  number.negative = take_sign(text);
  number.integer = take_digits(text);
  bool any_digit = !number.integer.empty();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.fraction = take_digits(text);
    any_digit = any_digit || !number.fraction.empty();
  }
  if (!any_digit) {
    return false;
  }
  if ((text.starts_with('e') || text.starts_with('E')) && !take_exponent(text, number.exponent)) {
    return false;
  }
  if (!text.empty()) {
    return false;
  }
  strip_trailing_zeros(number.fraction);
  number.exponent -= static_cast<long long>(number.fraction.size());
  if (number.fraction.empty()) {
    const auto length = number.integer.size();
    strip_trailing_zeros(number.integer);
    number.exponent += static_cast<long long>(length - number.integer.size());
  }
  strip_leading_zeros(number.integer);
  if (number.integer.empty()) {
    strip_leading_zeros(number.fraction);
    if (number.fraction.empty()) {
      number = {};
    }
  }
  return true;
}

bool append_number(std::string_view text, canonical_bytes& out) {
  decimal number;
  if (!parse_plain(text, number) && !parse_decimal(text, number)) {
    return false;
  }
  const auto digits = number.integer.size() + number.fraction.size();
  out.put_varint(digits << 1 | (number.negative ? 1 : 0));
  out.put_varint(zigzag_step(0, number.exponent));
  out.put_padded(number.integer);
  out.put_padded(number.fraction);
  return true;
}

bool append_number(std::string_view text, std::string& out) {
  std::string padded(text);
  padded.append(canonical_bytes::block, '\0');
  canonical_bytes bytes;
  const bool taken = append_number(std::string_view(padded).substr(0, text.size()), bytes);
  out += bytes.view();
  return taken;
}

bool numbers_equal(std::string_view a, std::string_view b) {
  std::string left;
  std::string right;
  return append_number(a, left) && append_number(b, right) ? left == right : a == b;
}

}  // namespace ddm::dynamodb
