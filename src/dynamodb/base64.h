// Base64 as DynamoDB writes binary values: the standard alphabet, padded, no line breaks (RFC 4648
// §4).
#pragma once

#include "base/error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::dynamodb {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
[[nodiscard]] result<std::string> base64_decode(std::string_view text);

/// Of the bytes that `text` stands for; nothing when no text of this length stands for any.
[[nodiscard]] std::optional<std::size_t> base64_decoded_size(std::string_view text);
/// Writes so many bytes at `to`; false, with the bytes unspecified, when `text` is malformed. There
/// is one spelling for each value: missing padding and stray low bits are malformed too.
[[nodiscard]] bool base64_decode_into(std::string_view text, char* to);

}  // namespace ddm::dynamodb
