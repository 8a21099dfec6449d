// Where the two tables' settings differ, and which of the differences are meant.
#pragma once

#include "dynamodb/table_settings.h"

#include <optional>
#include <string>
#include <vector>

namespace ddm::dynamodb {

enum class parity {
  equal,
  accepted,  ///< different or unknown, and named by --accept
  different,
  unknown,  ///< one side did not say
};
[[nodiscard]] std::string_view to_string(parity value);

struct parity_row {
  std::string name;
  std::optional<std::string> source;
  std::optional<std::string> target;
  parity state = parity::equal;
};

/// Rows in the order of names. `accepted` holds names; "index:*" accepts all that begin so.
[[nodiscard]] std::vector<parity_row> compare_settings(const table_settings& source,
                                                       const table_settings& target,
                                                       const std::vector<std::string>& accepted);

/// Those of `accepted` that name no setting of either table: probably a slip.
[[nodiscard]] std::vector<std::string> unknown_names(const std::vector<parity_row>& rows,
                                                     const std::vector<std::string>& accepted);

}  // namespace ddm::dynamodb
