#include "verify/mismatch.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace ddm::verify {

namespace {

/// Five years, without their leap days: what is close to the bound is rather called missing.
constexpr std::chrono::days ttl_age_max{5 * 365};

}  // namespace

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
    if (state.target_ttl_past) {
      return mismatch_kind::expired;
    }
    return state.delete_seen ? mismatch_kind::undeleted : mismatch_kind::unexpected;
  }
  return state.target_is_earlier_image ? mismatch_kind::stale : mismatch_kind::different;
}

bool ttl_is_past(const dynamodb::attribute_map& item, std::string_view attribute, wall_time now) {
  const auto found = item.find(attribute);
  const auto* number =
      found == item.end() ? nullptr : std::get_if<dynamodb::number_text>(&found->second.value);
  double seconds = 0;
  if (number == nullptr ||
      std::from_chars(number->text.data(), number->text.data() + number->text.size(), seconds).ec !=
          std::errc{}) {
    return false;
  }
  const double present = static_cast<double>(to_ms(now)) / 1000;
  const double never_before = present - std::chrono::duration<double>(ttl_age_max).count();
  return seconds < present && seconds > std::max(0.0, never_before);
}

}  // namespace ddm::verify
