// An open check as bytes for the state, and back. Version 3; versions 1 and 2 are read.
//
// Where every change is checked, these bytes are most of what a run writes to its disk. So times
// are steps from one another, digits take half a byte, the name of a shard 13 bytes instead of 37,
// and a digest that equals the one before it none: a check takes some 110 bytes, not 240.
#pragma once

#include "base/error.h"
#include "verify/check.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::verify {

[[nodiscard]] std::string encode_check(const check& open, std::string_view shard_id);

struct decoded_check {
  check value;
  std::string shard_id;
};
/// Fails on bytes of another version or a damaged row; never reads past the end.
[[nodiscard]] result<decoded_check> decode_check(check_id id, std::string_view body);

/// Versions 1 and 2, which the first byte tells. Nothing: damaged.
[[nodiscard]] std::optional<decoded_check> decode_check_before(check_id id, std::string_view body);

}  // namespace ddm::verify
