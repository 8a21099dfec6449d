// The status in the log, for who collects lines: a line each interval, and one at once when the
// verdict or its reasons change.
//
// Problem: reasons hold figures ("3 changes are late"), which differ from second to second without
// any news. Idea: what counts as another reason is its words; whatever holds a digit is left out.
#pragma once

#include "base/log.h"
#include "report/status.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::cli {

class status_log {
 public:
  /// `name_space`: of CloudWatch's metrics, which each status line then makes; empty: none.
  status_log(log::format how, std::string name_space)
      : how_(how), name_space_(std::move(name_space)) {}

  /// What the run works on, and how, where lines are JSON: people read the first block.
  void begin(const report::run_facts& about) const;
  /// Logs what has changed since the last call.
  void follow(const report::status& now);
  /// Logs all figures where lines are JSON: people read the block.
  void tell(const report::status& now) const;

 private:
  log::format how_;
  std::string name_space_;
  std::optional<report::verdict_kind> told_;
  std::string told_words_;
};

/// "3 changes are late" → "# changes are late".
[[nodiscard]] std::string words_of(std::string_view reason);

}  // namespace ddm::cli
