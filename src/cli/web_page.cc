#include "cli/web_page.h"

#include "cli/embedded_page.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace ddm::cli {

std::optional<serve::response> page_file(std::string_view name) {
  struct file {
    std::string_view name;
    std::string_view content_type;
    std::string_view text;
  };
  const file files[]{
      {.name = "page.html", .content_type = "text/html; charset=utf-8", .text = embedded_html()},
      {.name = "page.js", .content_type = "text/javascript; charset=utf-8", .text = embedded_js()},
      {.name = "page.css", .content_type = "text/css; charset=utf-8", .text = embedded_css()}};
  const auto* const found = std::ranges::find(files, name, &file::name);
  if (found == std::end(files)) {
    return std::nullopt;
  }
  return serve::response{.content_type = std::string(found->content_type),
                         .body = std::string(found->text)};
}

}  // namespace ddm::cli
