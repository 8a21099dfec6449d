#include "net/http_date.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace ddm::net {

std::optional<wall_time> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::size_t length = std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size();
  if (text.size() != length || !text.ends_with(" GMT")) {
    return std::nullopt;
  }
  for (std::size_t month = 0; month < months.size(); ++month) {
    if (text.substr(8, 3) == months[month]) {
      return parse_rfc3339(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month + 1,
                                       text.substr(5, 2), text.substr(17, 8)));
    }
  }
  return std::nullopt;
}

}  // namespace ddm::net
