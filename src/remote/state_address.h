// How a state in a table is named: dynamodb://TABLE/NAME.
//
// TABLE is a table's name (no ARN: the region is a setting of its own), NAME the state's, of
// letters, digits, '.', '_' and '-', 100 at most: it becomes part of keys, messages and file names.
#pragma once

#include "base/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::remote {

inline constexpr std::string_view address_scheme = "dynamodb://";

struct state_address {
  std::string table;
  std::string name;
  /// dynamodb://TABLE/NAME.
  [[nodiscard]] std::string describe() const;
};

[[nodiscard]] constexpr bool is_state_address(std::string_view text) {
  return text.starts_with(address_scheme);
}

/// Fails (wrong_usage) with what is wrong about it.
[[nodiscard]] result<state_address> parse_state_address(std::string_view text);

}  // namespace ddm::remote
