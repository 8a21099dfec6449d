// The sections of a summary, in the order in which they stand in it. Those that a state says
// nothing for are empty: without facts, points, tables and plots.
#pragma once

#include "summary/facts.h"
#include "summary/summary.h"

namespace ddm::summary {

[[nodiscard]] section tables_section(const facts& of);
[[nodiscard]] section parity_section(const facts& of);
[[nodiscard]] section stream_section(const facts& of);
[[nodiscard]] section gaps_section(const facts& of);
[[nodiscard]] section at_rest_section(const facts& of);
[[nodiscard]] section changes_section(const facts& of);
[[nodiscard]] section findings_section(const facts& of);
[[nodiscard]] section history_section(const facts& of);
[[nodiscard]] section cost_section(const facts& of);
[[nodiscard]] section runs_section(const facts& of);
[[nodiscard]] section settings_section(const facts& of);

/// "goes on", "ended", "works no more", …
[[nodiscard]] std::string life_of(const monitor::stored_run& run);
/// "about 12.30 USD"; what is next to nothing is told so.
[[nodiscard]] std::string price_text(double usd);
/// The beginning of a long text, in whole characters.
[[nodiscard]] std::string shortened(std::string text, std::size_t bytes_max);
/// "2026-01-31 23:59:58 UTC, 3 min 5 s before this report".
[[nodiscard]] std::string moment_before(wall_time at, const facts& of);

}  // namespace ddm::summary
