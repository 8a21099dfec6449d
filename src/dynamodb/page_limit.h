// How many items or records a page is asked for, once one of them was too large to be taken.
//
// Idea: half as many each time, down to one; with each page that came an eighth more again, so that
// one stretch of unusual items does not slow down all that follow. Pure: tested without I/O.
#pragma once

#include <cstdint>
#include <optional>

namespace ddm::dynamodb {

class page_limit {
 public:
  /// The smaller of both; nothing: as many as the service gives.
  [[nodiscard]] std::optional<std::uint32_t> of(std::optional<std::uint32_t> wanted) const;
  /// A page of so many was too large. False: it was of one, and no smaller one can be asked for.
  [[nodiscard]] bool on_too_large(std::optional<std::uint32_t> asked);
  void on_page();

 private:
  std::optional<std::uint32_t> most_;
};

}  // namespace ddm::dynamodb
