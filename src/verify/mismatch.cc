#include "verify/mismatch.h"

#include <algorithm>

namespace ddm::verify {

std::string_view to_string(mismatch_kind kind) {
  return mismatch_kind_names.at(static_cast<std::size_t>(kind));
}

std::optional<mismatch_kind> mismatch_kind_of(std::string_view name) {
  const auto found = std::ranges::find(mismatch_kind_names, name);
  if (found == mismatch_kind_names.end()) {
    return std::nullopt;
  }
  return static_cast<mismatch_kind>(found - mismatch_kind_names.begin());
}

mismatch_kind classify(const judged_state& state) {
  if (state.unreadable) {
    return mismatch_kind::unreadable;
  }
  if (state.source && !state.target) {
    return state.source_ttl_past ? mismatch_kind::expired : mismatch_kind::missing;
  }
  if (!state.source) {
    if (state.ttl_delete_seen && state.target_ttl_past) {
      return mismatch_kind::expired;
    }
    return state.delete_seen ? mismatch_kind::undeleted : mismatch_kind::unexpected;
  }
  return state.target_is_earlier_image ? mismatch_kind::stale : mismatch_kind::different;
}

}  // namespace ddm::verify
