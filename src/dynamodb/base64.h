// Base64 as DynamoDB writes binary values: the standard alphabet, padded, no line breaks (RFC 4648
// §4).
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace ddm::dynamodb {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
[[nodiscard]] result<std::string> base64_decode(std::string_view text);

/// Appends the decoded bytes; false, with `out` unspecified, when `text` is malformed. There is one
/// spelling for each value: missing padding and stray low bits are malformed too.
[[nodiscard]] bool append_base64_decoded(std::string_view text, std::string& out);

}  // namespace ddm::dynamodb
