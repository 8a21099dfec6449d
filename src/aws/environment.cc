#include "aws/environment.h"

#include "net/http_headers.h"

#include <pwd.h>
#include <unistd.h>

namespace ddm::aws {

environment environment::of_process() {
  environment made;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      made.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  // A service may have none; `~` is then what the user database says, as for the AWS CLI.
  const auto* const user = made.find("HOME") ? nullptr : ::getpwuid(::getuid());
  if (user != nullptr && user->pw_dir != nullptr) {
    made.variables_.insert_or_assign("HOME", user->pw_dir);
  }
  return made;
}

std::optional<std::string> environment::find(std::string_view name) const {
  const auto at = variables_.find(name);
  if (at == variables_.end() || at->second.empty()) {
    return std::nullopt;
  }
  return at->second;
}

bool environment::is_true(std::string_view name) const {
  return net::equal_ignoring_case(find(name).value_or(""), "true");
}

}  // namespace ddm::aws
