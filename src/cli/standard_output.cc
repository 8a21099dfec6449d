#include "cli/standard_output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ddm::cli {

void complain(const std::string& fault) { std::fputs(("error: " + fault + "\n").c_str(), stderr); }

bool print_text(const std::string& text, std::string_view what) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return true;
  }
  complain(fmt::format("{} cannot be written to standard output: {}", what, std::strerror(errno)));
  return false;
}

bool print_report(const std::string& text) { return print_text(text + "\n", "the report"); }

}  // namespace ddm::cli
