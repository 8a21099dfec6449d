#include "cli/standard_output.h"

#include "base/console.h"
#include "base/displayable.h"
#include "report/exit_code.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ddm::cli {

void complain(const std::string& fault) {
  console::write(console::stream::error, "error: " + displayable(fault) + "\n");
}

namespace {

void complain_of_output(std::string_view what, int reason) {
  complain(fmt::format("{} cannot be written to standard output: {}", what, std::strerror(reason)));
}

}  // namespace

bool print_text(const std::string& raw, std::string_view what) {
  const auto text = displayable(raw, line_breaks::kept);
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return true;
  }
  complain_of_output(what, errno);
  return false;
}

int code_after_output(int code) {
  const int reason = console::output_failure();
  if (reason == 0) {
    return code;
  }
  complain_of_output("what was found", reason);
  return code == static_cast<int>(report::exit_code::equal)
             ? static_cast<int>(report::exit_code::incomplete)
             : code;
}

bool print_report(const std::string& text) { return print_text(text + "\n", "the report"); }

}  // namespace ddm::cli
