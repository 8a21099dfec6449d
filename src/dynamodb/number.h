// Numbers by value, at any length, never through double.
#pragma once

#include "dynamodb/canonical_bytes.h"

#include <string>
#include <string_view>

namespace ddm::dynamodb {

/// A decimal number taken apart: digits × 10^exponent, where the digits, in `integer` and then
/// `fraction`, neither begin nor end with zero. Zero has no digits. The views point into the text.
struct decimal {
  bool negative = false;
  std::string_view integer;
  std::string_view fraction;
  long long exponent = 0;
};

/// False when `text` is no decimal number. Signs and a bare leading or trailing point are accepted:
/// stores that keep numbers as they were written may return them.
[[nodiscard]] bool parse_decimal(std::string_view text, decimal& number);

/// Appends canonical bytes, which are self-delimiting: equal numbers, however spelled ("1.0", "1",
/// "10E-1"), give equal bytes. Exponents saturate; digits beyond the 38 that the service accepts
/// are kept, never rounded. False when `text` is malformed.
/// `text` is padded, as a page is (canonical_bytes::put_padded).
[[nodiscard]] bool append_number(std::string_view text, canonical_bytes& out);
/// The same of any text, for rare paths.
[[nodiscard]] bool append_number(std::string_view text, std::string& out);

}  // namespace ddm::dynamodb
