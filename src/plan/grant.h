// What a side's credentials may do, as plain values.
#pragma once

#include "base/error.h"
#include "base/side.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::plan {

enum class grant {
  granted,
  denied,
  unknown,
};
[[nodiscard]] std::string_view to_string(grant value);

struct permission {
  std::optional<ddm::side> side;  ///< nothing: the stream's
  std::string action;             ///< "dynamodb:BatchGetItem"
  std::string needed_by;
  grant state = grant::unknown;
  std::string message;  ///< the service's words, where it did not grant

  /// "source", "target", "stream".
  [[nodiscard]] std::string_view shown_side() const { return side ? to_string(*side) : "stream"; }
};

struct stream_facts {
  std::vector<permission> permissions;
  std::string view_type;  ///< empty: not known
  std::size_t shards_open = 0;
  std::size_t shards_closed = 0;
  bool enabled = false;
  std::optional<error> failure;  ///< why it cannot be described
};

}  // namespace ddm::plan
