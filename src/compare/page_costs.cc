#include "compare/page_costs.h"

#include <algorithm>

namespace ddm::compare {
namespace {

/// Half a unit, with eventual consistency: less is not charged for a page.
constexpr double least_units = 0.5;
constexpr double bytes_of_unit = 8192;
/// A page of 1 MB, read with eventual consistency.
constexpr double full_page_units = 128;
/// A page takes no more than this part of a second's budget, so that what is live need not wait
/// long behind it.
constexpr double page_share = 0.25;
/// For the first page of a table with a small budget.
constexpr std::uint32_t items_at_first = 25;

}  // namespace

void page_costs::note(double units, std::uint64_t items, std::size_t text_bytes) {
  page_units_ += (units - page_units_) / 8;
  if (items > 0) {
    // Text is longer than what is charged for: of a large page the units are the smaller figure.
    const double charged = std::min(units, static_cast<double>(text_bytes) / bytes_of_unit);
    const double item_units = charged / static_cast<double>(items);
    item_units_ += (item_units - item_units_) / (item_units_ == 0 ? 1 : 8);
  }
}

std::optional<std::uint32_t> page_costs::items_per_page(double rate) const {
  const double units = std::max(least_units, rate * page_share);
  if (units >= full_page_units) {
    return std::nullopt;
  }
  return item_units_ > 0 ? static_cast<std::uint32_t>(std::clamp(units / item_units_, 1.0, 1e6))
                         : items_at_first;
}

}  // namespace ddm::compare
