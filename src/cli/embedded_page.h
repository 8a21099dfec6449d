// The files of the live page. Their text is made by the build from web/ (web/bundle.mjs).
#pragma once

#include <string_view>

namespace ddm::cli {

[[nodiscard]] std::string_view embedded_html();
[[nodiscard]] std::string_view embedded_js();
[[nodiscard]] std::string_view embedded_css();

}  // namespace ddm::cli
