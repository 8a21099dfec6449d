// What taking back one entry of the journal needs.
//
// Pure: the entry and what the target holds go in, a conditional write or the reason for leaving
// the item alone comes out.
#pragma once

#include "repair/repair_journal.h"
#include "repair/repair_step.h"

#include <cstdint>
#include <set>
#include <vector>

namespace ddm::repair {

/// What was written since stands. So does what the repair wrote into attributes that `by` ignores:
/// a part of it is not taken back alone. `apply` tells only how it is spoken of.
[[nodiscard]] step plan_undo(const journal_entry& entry, const held_item& present, const rules& by,
                             bool apply);

/// Hashes of keys of which more than one write may stand.
[[nodiscard]] std::set<std::uint64_t> repeated_keys(const std::vector<journal_place>& places);

}  // namespace ddm::repair
