// What follows from the figures of a moment.
//
// Problem: a status is shown by the monitor, by `compare` and by whoever reads a state later, and
// each must say the same of the same figures. Idea: they are told as plain values, and one pure
// function derives the rest: rates, costs, the phase, what cannot be read, the verdict.
#pragma once

#include "report/status.h"

namespace ddm::report {

/// Completes `now`, of which all members below "derived" in status.h are still empty.
void derive(status& now);

}  // namespace ddm::report
