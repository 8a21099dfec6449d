// The live page, as it is carried in the binary: HTML, script and style. What it does: web/.
#pragma once

#include "serve/http_message.h"

#include <optional>
#include <string_view>

namespace ddm::cli {

/// "page.html", "page.js" or "page.css"; nothing for any other name.
[[nodiscard]] std::optional<serve::response> page_file(std::string_view name);

}  // namespace ddm::cli
