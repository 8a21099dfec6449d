// The Date header: the server's clock, in whole seconds.
#pragma once

#include "base/time.h"

#include <optional>
#include <string_view>

namespace ddm::net {

/// "Sun, 06 Nov 1994 08:49:37 GMT"; the obsolete forms are not read.
[[nodiscard]] std::optional<wall_time> parse_http_date(std::string_view text);

}  // namespace ddm::net
