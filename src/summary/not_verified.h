// What a run does not prove, in sentences.
//
// Problem: whoever signs a cutover reads the verdict, and takes for checked what nobody looked at.
// Idea: one pure function goes through all that a run can leave out, and names what this one did.
#pragma once

#include "report/status.h"

#include <string>
#include <vector>

namespace ddm::summary {

/// Never empty: some things no run looks at; these come last. `watched`: the run goes on.
[[nodiscard]] std::vector<std::string> not_verified(const report::status& now, bool watched);

}  // namespace ddm::summary
