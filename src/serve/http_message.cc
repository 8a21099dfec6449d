#include "serve/http_message.h"

#include "base/displayable.h"

#include <algorithm>

namespace ddm::serve {

const std::string* find_parameter(const std::vector<parameter>& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &parameter::name);
  return found == parameters.end() ? nullptr : &found->value;
}

response plain_text(int status, std::string_view text) {
  return {.status = status, .body = std::string(text) + '\n'};
}

response json_document(int status, std::string_view text) {
  return {.status = status, .content_type = "application/json", .body = displayable(text)};
}

}  // namespace ddm::serve
