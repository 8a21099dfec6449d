// An open check as bytes for the state, and back; fields in the order of `check`. Version 2;
// version 1 is read.
#pragma once

#include "base/error.h"
#include "verify/check.h"

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

}  // namespace ddm::verify
