// What the two tables are beside their items, as it was found last.
#pragma once

#include "base/time.h"
#include "dynamodb/settings_parity.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ddm::report {

struct compared_settings {
  std::vector<dynamodb::parity_row> rows;  ///< in the order of names
  std::optional<wall_time> looked_at;      ///< when `rows` were found; nothing: not yet
  std::string trouble;                     ///< why the last look failed; empty: it did not

  [[nodiscard]] std::size_t count(dynamodb::parity state) const {
    return static_cast<std::size_t>(std::ranges::count(rows, state, &dynamodb::parity_row::state));
  }
};

}  // namespace ddm::report
