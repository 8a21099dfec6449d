#include "cli/status_printer.h"

#include "base/displayable.h"
#include "base/log.h"
#include "base/same_file.h"

#include <csignal>
#include <string>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

/// The process was stopped (Ctrl-Z), and others have written since. A loop would hear of it after
/// the next drawing, a handler does before.
volatile std::sig_atomic_t was_stopped = 0;

void note_stop(int) { was_stopped = 1; }

}  // namespace

status_printer::status_printer(bool to_stderr, terminal_manner manner)
    : out_(to_stderr ? console::stream::error : console::stream::output),
      manner_(manner),
      blocks_here_(to_stderr || are_one_file(STDOUT_FILENO, STDERR_FILENO)),
      screen_(manner.colour),
      typed_(manner.live ? typed_bytes() : 0) {
  if (manner_.live) {
    std::signal(SIGCONT, note_stop);
    log::print_lines_by([this](std::string_view line) { print_line(line); });
  }
}

status_printer::~status_printer() {
  if (manner_.live) {
    log::print_lines_by(nullptr);
    take_away();
  }
}

void status_printer::print_line(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (look_at_terminal()) {
    console::write(console::stream::error, screen_.print(line, terminal_size()));
  } else {
    console::write(console::stream::error, std::string(line) + "\n");
  }
}

void status_printer::print(std::string_view raw) {
  const auto text = displayable(raw, line_breaks::kept);
  const std::lock_guard lock(mutex_);
  if (manner_.live && blocks_here_ && look_at_terminal()) {
    console::write(console::stream::error, screen_.print(text, terminal_size()));
  } else {
    console::write(out_, text + "\n");
  }
}

bool status_printer::look_at_terminal() {
  const bool owns = owns_terminal();
  if (!owns || was_stopped != 0) {
    was_stopped = 0;
    screen_.forget();
  }
  if (!owns) {
    return false;
  }
  const auto behind = console::error_backlog();
  if (std::exchange(dropped_, behind.dropped) != behind.dropped) {
    screen_.distrust();
  }
  // The terminal has echoed a line end.
  if (const auto typed = typed_bytes(); std::exchange(typed_, typed) < typed) {
    screen_.distrust();
  }
  return true;
}

void status_printer::show(const std::function<report::panel(report::panel_size)>& render) {
  if (!manner_.live || console::error_backlog().queued > 0) {
    return;
  }
  // Whoever renders may log, and a line of the log comes here.
  const auto size = terminal_size();
  const auto panel = render(panel_size_in(size));
  const std::lock_guard lock(mutex_);
  if (!look_at_terminal()) {
    return;
  }
  const auto bytes = screen_.draw(panel, size);
  if (!bytes.empty()) {
    console::write(console::stream::error, bytes);
  }
}

void status_printer::take_away() {
  const std::lock_guard lock(mutex_);
  if (!manner_.live || !look_at_terminal()) {
    return;
  }
  const auto bytes = screen_.leave(terminal_size());
  if (!bytes.empty()) {
    console::write(console::stream::error, bytes);
  }
}

}  // namespace ddm::cli
