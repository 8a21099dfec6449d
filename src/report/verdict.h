// May the team cut over? Pure: a status goes in, the answer with its reasons comes out.
#pragma once

#include "report/exit_code.h"
#include "report/status.h"

namespace ddm::report {

/// NO-GO: something is wrong now. WAIT: something is late or not known. GO: a complete comparison
/// of the items at rest that began after the stream, nothing wrong, late or unknown, all of it for
/// --settle. The reasons are all that there are, what is wrong first; those of GO say what it does
/// not speak for.
[[nodiscard]] verdict decide_verdict(const status& now);

/// How many no comparison has made up for.
[[nodiscard]] std::int64_t uncured_gaps(const std::vector<state::gap_row>& gaps);

/// How things are at one moment, apart from how long they have been so.
enum class health {
  well,     ///< all that GO asks for holds
  unknown,  ///< something that GO asks for is not known just now
  unwell,   ///< something is wrong or late, or the comparison is not complete
};
[[nodiscard]] health health_of(const status& now);

/// Of a regular end, the first that holds: 1 confirmed mismatches are open, 3 incomplete, 0 all
/// that was checked is equal. `require_go`: 0 only at GO; what would be 0 without is 3 then.
[[nodiscard]] exit_code decide_exit(const status& at_end, bool require_go);

}  // namespace ddm::report
