// The sentences, figures and tables of a report, from what a state tells.
#pragma once

#include "summary/facts.h"
#include "summary/summary.h"

namespace ddm::summary {

/// `of` has one run at least; the first one's verdict is that of the migration.
[[nodiscard]] summary summarize(const facts& of);

/// The same in a line, for a table of several.
[[nodiscard]] overview_row row_of(const facts& of);
/// Of a state that cannot be read: WAIT, and why.
[[nodiscard]] overview_row row_of_unread(const std::string& state_file, const std::string& why);
/// The worst verdict of all comes with them. `rows` is not empty.
[[nodiscard]] overview overview_of(std::vector<overview_row> rows, wall_time made);

}  // namespace ddm::summary
