// Facts as a state would tell them, for the tests of what is made of them.
#pragma once

#include "summary/facts.h"

#include <string>

namespace ddm::summary {

inline constexpr auto sample_time = from_ms(1'767'225'600'000);  ///< 2026-01-01 00:00:00 UTC

/// A monitor that goes on at GO: all keys, a complete comparison, nothing wrong.
[[nodiscard]] facts facts_at_go();
/// The same with two open mismatches and a gap.
[[nodiscard]] facts facts_with_defects();
/// Its monitor was killed 10 minutes ago.
[[nodiscard]] facts facts_of_killed();

/// What somebody wrote to spoil pages, tickets and terminals: markup, a table's bar, escape
/// sequences, marks of direction, line breaks, a mention, a link.
[[nodiscard]] std::string evil_text();
/// The same with evil_text() in each key, name, reason and setting.
[[nodiscard]] facts facts_with_evil_text();

}  // namespace ddm::summary
