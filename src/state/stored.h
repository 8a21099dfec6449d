// A look into the numbers and values of a state, which a fresh one does not have yet.
#pragma once

#include <string>

namespace ddm::state {

/// What is stored under the name (`snapshot::numbers` or `snapshot::values`), else `otherwise`.
template <class Map>
[[nodiscard]] typename Map::mapped_type stored_or(const Map& entries, const std::string& name,
                                                  typename Map::mapped_type otherwise = {}) {
  const auto found = entries.find(name);
  return found == entries.end() ? otherwise : found->second;
}

}  // namespace ddm::state
