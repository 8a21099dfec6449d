#include "cli/standard_output.h"

#include "base/console.h"
#include "base/displayable.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ddm::cli {

void complain(const std::string& fault) {
  console::write(console::stream::error, "error: " + displayable(fault) + "\n");
}

bool print_text(const std::string& raw, std::string_view what) {
  const auto text = displayable(raw, line_breaks::kept);
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return true;
  }
  complain(fmt::format("{} cannot be written to standard output: {}", what, std::strerror(errno)));
  return false;
}

bool print_report(const std::string& text) { return print_text(text + "\n", "the report"); }

}  // namespace ddm::cli
