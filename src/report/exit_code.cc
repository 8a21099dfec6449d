#include "report/exit_code.h"

#include <algorithm>
#include <array>

namespace ddm::report {

exit_code worse_of(exit_code a, exit_code b) {
  using enum exit_code;
  constexpr std::array by_badness{usage, failed, mismatches, incomplete, equal};
  return *std::ranges::find_if(by_badness, [&](exit_code each) { return each == a || each == b; });
}

exit_code code_of(std::span<const error> faults) {
  const bool is_usage = std::ranges::any_of(
      faults, [](const error& fault) { return code_of(fault.kind) == exit_code::usage; });
  return is_usage ? exit_code::usage : exit_code::failed;
}

}  // namespace ddm::report
