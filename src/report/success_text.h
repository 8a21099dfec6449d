// How right a population of keys is, in words that need no second reading.
//
// Problem: "100 % (95 %: 98.9 % to 100 %)" is read as "all is well" by one and as "95 % are right"
// by another. Idea: what was seen comes first, as two numbers; what may be wrong all the same
// follows, as a share and as a number of items. Reason: who decides about a cutover wants to know
// how many items may be wrong at most, not how an interval is made.
#pragma once

#include "report/status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ddm::report {

enum class rounding {
  nearest,
  down,
  up,
};

/// "0.9 %", of a share from 0 to 1, with one or two digits that say something. What is neither
/// nothing nor all is never shown as such.
[[nodiscard]] std::string percent_text(double share, rounding how = rounding::nearest);

struct success_context {
  bool about = false;              ///< the number of keys is an estimate
  bool every_key = false;          ///< the keys are all that there are: nothing is guessed
  bool some_only_counted = false;  ///< mismatches that may be of these keys are not listed
  /// So many there are of what the keys are a sample of; 0: not known.
  std::uint64_t out_of = 0;
  std::string_view named = "items";  ///< these
};

/// "0 of 343 keys wrong; 95 % confidence: at most 0.9 % (35 of 4,000 items)". Without a failure at
/// most 3 in n may be wrong, else what the Wilson interval says.
[[nodiscard]] std::string describe_success(const success& of, const success_context& known);

}  // namespace ddm::report
