#include "cli/terminal.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ddm::cli {
namespace {

constexpr std::size_t panel_rows_least = 8;
constexpr std::size_t panel_rows_most = 24;

bool is_utf8(const aws::environment& variables) {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (auto locale = variables.find(name)) {
      std::ranges::transform(*locale, locale->begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return locale->contains("utf-8") || locale->contains("utf8");
    }
  }
  return false;
}

}  // namespace

terminal_manner terminal_manner_of(const aws::environment& variables, bool is_terminal,
                                   bool quiet) {
  const bool live = is_terminal && !quiet && variables.find("TERM").value_or("dumb") != "dumb";
  return {.live = live,
          .colour = live && !variables.find("NO_COLOR"),
          .unicode = live && is_utf8(variables)};
}

report::panel_size terminal_size() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
  return {.columns = known && size.ws_col > 0 ? size.ws_col : 80UZ,
          .rows = known && size.ws_row > 0 ? size.ws_row : 24UZ};
}

report::panel_size panel_size_in(report::panel_size terminal) {
  const auto rows =
      std::max<std::size_t>(1, terminal.rows - std::min<std::size_t>(1, terminal.rows));
  return {.columns = std::max<std::size_t>(1, terminal.columns - 1),
          .rows = std::min(rows, std::clamp(terminal.rows / 2, panel_rows_least, panel_rows_most))};
}

bool owns_terminal() {
  const auto group = ::tcgetpgrp(STDERR_FILENO);
  return group < 0 || group == ::getpgrp();
}

int typed_bytes() {
  int bytes = 0;
  return ::ioctl(STDERR_FILENO, FIONREAD, &bytes) == 0 ? bytes : 0;
}

}  // namespace ddm::cli
