// The two tables of a migration, in one word.
//
// Problem: "source or target" is asked in every folder, and each notation of its own (a text, a
// flag, an enumeration) has to be turned into the next one at their borders.
// Idea: one enumeration, and a pair of values that is indexed by it.
// Reason: the compiler then tells a side from a name, and `other` from a slip.
#pragma once

#include <cstdint>
#include <string_view>

namespace ddm {

enum class side : std::uint8_t {
  source,
  target,
};

/// "source", "target": as users write and read it, in log lines, and in names of the state.
[[nodiscard]] constexpr std::string_view to_string(side which) {
  return which == side::source ? "source" : "target";
}

[[nodiscard]] constexpr side other(side which) {
  return which == side::source ? side::target : side::source;
}

/// One value for each.
template <class T>
struct per_side {
  T source;
  T target;

  [[nodiscard]] constexpr T& operator[](side which) {
    return which == side::source ? source : target;
  }
  [[nodiscard]] constexpr const T& operator[](side which) const {
    return which == side::source ? source : target;
  }
};

}  // namespace ddm
