// Whether the numbers of a status add up, in itself, in its text and in its JSON (report/status.h).
#pragma once

#include "report/status.h"

#include <string>
#include <vector>

namespace ddm::monitor {

/// What does not hold in its figures, in words.
[[nodiscard]] std::vector<std::string> broken_sums(const report::status& now);
/// The same, and what does not hold in what people and programs are shown of it.
[[nodiscard]] std::vector<std::string> broken_shown_sums(const report::status& now);

/// Item counts of one comparison that never fall while a process works on it.
class item_counts {
 public:
  /// What has fallen, in words.
  [[nodiscard]] std::vector<std::string> fallen(const report::status& now);
  /// Another process reads anew what had not been committed.
  void restart() { before_.reset(); }

 private:
  std::optional<compare::comparison_view> before_;
};

}  // namespace ddm::monitor
