// What becomes of the row of a finding that two processes write.
//
// `monitor` and `compare` may hold the same key, and each knows only of its own doings since it
// read the row. What a row that stays open stands for is what both know; what heals it must look at
// all that it was confirmed by, that is ignore nothing that one of them did not ignore. And what
// was confirmed since somebody read it stays open: whoever was to heal it hears of that
// (monitor/finding_news).
#pragma once

#include "state/rows.h"

#include <optional>

namespace ddm::state {

/// `stored` is in the state, `update` is about to be committed. Nothing: it stays as it is.
[[nodiscard]] std::optional<mismatch_row> merged_finding(const mismatch_row& stored,
                                                         mismatch_row update);

}  // namespace ddm::state
