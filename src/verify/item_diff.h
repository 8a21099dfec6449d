// Which attributes of two items differ, as seen from the target.
#pragma once

#include "base/error.h"
#include "dynamodb/item_digest.h"
#include "verify/mismatch.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace ddm::verify {

/// A report needs the shape of the damage, not all of it.
constexpr std::size_t diff_paths_max = 50;

/// Maps are entered, lists element by element; a set is one value. At most diff_paths_max paths;
/// ignored attributes are left out.
[[nodiscard]] std::vector<path_change> diff_items(const dynamodb::attribute_map& source,
                                                  const dynamodb::attribute_map& target,
                                                  const dynamodb::ignore_list& ignored);
/// Both are item documents {"attr":{"S":"…"},…}.
[[nodiscard]] result<std::vector<path_change>> diff_items(std::string_view source_json,
                                                          std::string_view target_json,
                                                          const dynamodb::ignore_list& ignored);

}  // namespace ddm::verify
