// What a service manager, or a script, is told at the end.
//
// Problem: restarting mends a service that could not be reached, and never a flag; mismatches that
// are open say nothing about the failure that ended the run.
// Idea: an error's class alone decides its code, for every command and at any moment of the run;
// the codes of a regular end are decided apart (verdict.h, plan, repair).
// Reason: so a unit can be told "restart on 4 and on signals", and stays down for nothing else.
#pragma once

#include "base/error.h"

#include <span>

namespace ddm::report {

/// The first that holds: 2, 4, 1, 3, 0.
enum class exit_code : int {
  equal = 0,       ///< all that was checked is equal
  mismatches = 1,  ///< confirmed mismatches are open
  usage = 2,       ///< only editing the command, its files or its variables mends it
  incomplete = 3,  ///< something was left unread, unreadable or without an outcome
  failed = 4,      ///< the run failed, or a service refused, failed or was not reached
};

[[nodiscard]] constexpr exit_code code_of(error_class kind) {
  return kind == error_class::wrong_usage ? exit_code::usage : exit_code::failed;
}

/// Of several codes that become one.
[[nodiscard]] exit_code worse_of(exit_code a, exit_code b);

/// Of faults that are told together: what only editing mends comes first, as nothing else would
/// help then.
[[nodiscard]] exit_code code_of(std::span<const error> faults);

}  // namespace ddm::report
