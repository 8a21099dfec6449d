// The numbers of a status one by one, for whoever takes nothing but numbers: lines of the log,
// CloudWatch.
#pragma once

#include "report/status.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::report {

struct figure {
  std::string name;  ///< as a rule its path in the JSON report: "events_total"
  double value = 0;
  std::string_view unit;  ///< in CloudWatch's words: "Count", "Milliseconds", "None"
};

/// In a fixed order, fewer than 100. What is not known is left out.
[[nodiscard]] std::vector<figure> figures_of(const status& now);

/// As JSON writes a number.
[[nodiscard]] std::string number_text(double value);

/// The member `_aws` of a JSON line in CloudWatch's embedded metric format: makes metrics of the
/// line's members that are named as `figures`, by its member `migration`.
[[nodiscard]] std::string emf_directive(std::string_view name_space, wall_time at,
                                        const std::vector<figure>& figures);

}  // namespace ddm::report
