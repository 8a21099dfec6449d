// What pages of a table's scans cost of late, and how many items the next one may have.
//
// Problem: a page's units are known only when it has come, and a table with a small budget must not
// be asked for more than that allows at a time. Idea: an item's part of the units of the pages
// before. Reason for counting bytes beside them: units are rounded up to half a one for a page, so
// that small pages say that items are dear, which would make the next ones smaller still, until
// each item costs half a unit.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ddm::compare {

/// What the scanners of one table know of its pages, together.
class page_costs {
 public:
  /// A page came: its units, its items, and the bytes of its text.
  void note(double units, std::uint64_t items, std::size_t text_bytes);
  /// Of late; what the next page is booked with in advance.
  [[nodiscard]] double page_units() const { return page_units_; }
  /// Nothing: as many as the service gives. `rate`: the units that a second may take.
  [[nodiscard]] std::optional<std::uint32_t> items_per_page(double rate) const;

 private:
  double page_units_ = 16;
  double item_units_ = 0;  ///< of late; 0: not known yet
};

}  // namespace ddm::compare
