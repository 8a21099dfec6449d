#include "cli/status_printer.h"

#include "base/displayable.h"
#include "base/log.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace ddm::cli {

std::size_t status_printer::columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col - 1U
                                                                            : 79U;
}

status_printer::status_printer(bool to_stderr)
    : out_(to_stderr ? console::stream::error : console::stream::output),
      live_(::isatty(STDERR_FILENO) == 1) {
  if (live_) {
    log::around_each_line([this](bool before) {
      if (before) {
        clear_line();
      }
    });
  }
}

status_printer::~status_printer() {
  clear_line();
  log::around_each_line(nullptr);
}

void status_printer::clear_line() {
  if (line_shown_) {
    console::write(console::stream::error, "\r\033[K");
    line_shown_ = false;
  }
}

void status_printer::print(std::string_view raw) {
  const auto text = displayable(raw, line_breaks::kept);
  clear_line();
  console::write(out_, text + "\n");
}

void status_printer::show_live(std::string_view line) {
  if (!live_) {
    return;
  }
  clear_line();
  const auto shown = displayable(line);
  line = std::string_view(shown).substr(0, columns());
  console::write(console::stream::error, line);
  line_shown_ = true;
}

}  // namespace ddm::cli
