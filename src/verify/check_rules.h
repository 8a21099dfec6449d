// Figures and helpers that pending_checks.cc and check_answers.cc share.
#pragma once

#include "verify/check.h"

#include <array>
#include <cstdint>
#include <optional>

namespace ddm::verify {

/// Ages of a change at which its lag is probed.
constexpr std::array<milliseconds, 4> probe_ages{milliseconds{500}, milliseconds{1000},
                                                 milliseconds{2000}, milliseconds{4000}};
/// A candidate of a comparison that has moved between so many judgements does not rest.
constexpr std::uint32_t judgements_of_candidate_max = 3;
/// The most looks that can be saved up while replication is behind.
constexpr double parked_allowance_max = 2000;

[[nodiscard]] inline std::optional<digest128> compared(const image& value) {
  return value ? std::optional(value->compared) : std::nullopt;
}

}  // namespace ddm::verify
