// Drawings of a summary as inline SVG: they take their colours from the page's style.
#pragma once

#include "summary/markup.h"
#include "summary/summary.h"

namespace ddm::summary {

/// Curves over time with their scale. `of` has two points of time at least.
[[nodiscard]] html draw(const plot& of);
/// Which verdict stood when; where nobody watched the band is empty.
[[nodiscard]] html draw(const verdict_band& of);

}  // namespace ddm::summary
