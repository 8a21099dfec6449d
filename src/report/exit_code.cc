#include "report/exit_code.h"

#include <algorithm>

namespace ddm::report {

exit_code code_of(std::span<const error> faults) {
  const bool is_usage = std::ranges::any_of(
      faults, [](const error& fault) { return code_of(fault.kind) == exit_code::usage; });
  return is_usage ? exit_code::usage : exit_code::failed;
}

}  // namespace ddm::report
