// May the team cut over? Pure: a status goes in, the answer with its reasons comes out.
#pragma once

#include "report/status.h"

namespace ddm::report {

/// NO-GO: something is wrong now. WAIT: something is not known yet. GO: a complete comparison of
/// the items at rest that began after the stream, nothing wrong, late or unknown, all of it for
/// --settle.
[[nodiscard]] verdict decide_verdict(const status& now);
/// All that GO asks for holds at this moment, but for how long it has.
[[nodiscard]] bool is_well(const status& now);

enum class exit_code : int {
  equal = 0,
  mismatches = 1,
  usage = 2,
  incomplete = 3,
};

/// The first that holds: 1 confirmed mismatches are open, 3 incomplete, 0 all that was checked is
/// equal. `require_go` makes anything but GO at least 3.
[[nodiscard]] exit_code decide_exit(const status& at_end, bool require_go);

}  // namespace ddm::report
