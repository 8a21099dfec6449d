// The target of a request taken apart: "/api/v1/migrations/Orders/status?limit=10".
//
// Problem: whatever compares or opens a path must not see two spellings of one thing, nor one that
// leads elsewhere ("..", an encoded slash, a NUL).
// Idea: what has no plain meaning is refused here, before anything is looked up.
// Reason: handlers compare decoded segments, and need no rule of their own.
#pragma once

#include "base/error.h"
#include "serve/http_message.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::serve {

inline constexpr std::size_t target_bytes_max = 2048;

struct request_target {
  std::vector<std::string> path;  ///< decoded segments; none for "/"
  std::vector<parameter> query;

  bool operator==(const request_target&) const = default;
};

/// Only the origin form, "/path?query". Refused are empty segments (a slash at the end makes one),
/// "." and "..", slashes and backslashes in a segment, control characters and what cannot be shown
/// (base/displayable.h), bad escapes, a parameter without a name or given twice, and more than 2
/// KiB. The error has the HTTP status 400, and does not quote what came.
[[nodiscard]] result<request_target> parse_target(std::string_view target);

/// "token=abc&x=1", of a query or a form: a plus is a blank. Errors as above.
[[nodiscard]] result<std::vector<parameter>> parse_parameters(std::string_view text);

}  // namespace ddm::serve
