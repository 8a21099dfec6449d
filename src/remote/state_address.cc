#include "remote/state_address.h"

#include "base/displayable.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddm::remote {
namespace {

constexpr std::size_t table_length_min = 3;
constexpr std::size_t table_length_max = 255;
constexpr std::size_t name_length_max = 100;
constexpr std::string_view allowed =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

bool is_plain(std::string_view text) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

std::unexpected<error> wrong_address(std::string_view text, std::string_view what) {
  return wrong_usage(
      fmt::format("the state {} {}: write dynamodb://TABLE/NAME, such as "
                  "dynamodb://migration-states/orders",
                  displayable(text), what));
}

}  // namespace

std::string state_address::describe() const {
  return fmt::format("{}{}/{}", address_scheme, table, name);
}

result<state_address> parse_state_address(std::string_view text) {
  auto rest = text;
  if (!is_state_address(text)) {
    return wrong_address(text, "is not in a table");
  }
  rest.remove_prefix(address_scheme.size());
  const auto slash = rest.find('/');
  const auto table = rest.substr(0, slash);
  if (table.size() < table_length_min || table.size() > table_length_max || !is_plain(table)) {
    return wrong_address(text, "names no table (3 to 255 letters, digits, '.', '_' and '-')");
  }
  if (slash == std::string_view::npos || slash + 1 == rest.size()) {
    return wrong_address(text, "has no name of its own");
  }
  const auto name = rest.substr(slash + 1);
  if (name.size() > name_length_max || !is_plain(name)) {
    return wrong_address(text,
                         "has a name with more than 100 characters, or others than letters, "
                         "digits, '.', '_' and '-'");
  }
  return state_address{.table = std::string(table), .name = std::string(name)};
}

}  // namespace ddm::remote
