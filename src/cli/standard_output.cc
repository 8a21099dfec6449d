#include "cli/standard_output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ddm::cli {

void complain(const std::string& fault) { std::fputs(("error: " + fault + "\n").c_str(), stderr); }

bool print_report(const std::string& text) {
  const auto line = text + "\n";
  if (std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0) {
    return true;
  }
  complain(
      fmt::format("the report cannot be written to standard output: {}", std::strerror(errno)));
  return false;
}

}  // namespace ddm::cli
