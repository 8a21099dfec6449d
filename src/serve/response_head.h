// The head of an answer as it travels, with the headers that every answer has.
#pragma once

#include "base/time.h"
#include "serve/http_message.h"

#include <cstddef>
#include <optional>
#include <string>

namespace ddm::serve {

/// `body_bytes`: nothing for an event stream, whose end is the connection's. Line breaks in a value
/// become blanks.
[[nodiscard]] std::string response_head(const response& answer,
                                        std::optional<std::size_t> body_bytes, bool keep_alive,
                                        wall_time now);

}  // namespace ddm::serve
