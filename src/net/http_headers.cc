#include "net/http_headers.h"

#include <algorithm>

namespace ddm::net {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

void http_headers::add(std::string_view name, std::string_view value) {
  text_.append(name).append(": ");
  const auto start = static_cast<std::ptrdiff_t>(text_.size());
  text_ += value;
  std::replace_if(
      text_.begin() + start, text_.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  text_ += "\r\n";
}

std::optional<std::string_view> http_headers::find(std::string_view name) const {
  for (std::string_view rest = text_; !rest.empty();) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const auto colon = line.find(": ");
    if (equal_ignoring_case(line.substr(0, colon), name)) {
      return line.substr(colon + 2);
    }
  }
  return std::nullopt;
}

}  // namespace ddm::net
