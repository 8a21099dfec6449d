#include "cli/faults.h"

#include "cli/standard_output.h"
#include "report/exit_code.h"

#include <set>
#include <string>

namespace ddm::cli {

int refuse(const fault_list& faults) {
  std::set<std::string> lines;
  for (const auto& fault : faults) {
    lines.insert(fault.describe());
  }
  for (const auto& line : lines) {
    complain(line);
  }
  return static_cast<int>(report::code_of(faults));
}

int refuse(const error& fault) { return refuse(fault_list{fault}); }

}  // namespace ddm::cli
