// Where status blocks and the live panel go: standard output, or standard error when that is taken
// by JSON.
#pragma once

#include "base/console.h"
#include "cli/panel_screen.h"
#include "cli/terminal.h"

#include <functional>
#include <mutex>
#include <string_view>

namespace ddm::cli {

class status_printer {
 public:
  /// `to_stderr`: --output json keeps standard output for the one object.
  status_printer(bool to_stderr, terminal_manner manner);
  status_printer(const status_printer&) = delete;
  status_printer& operator=(const status_printer&) = delete;
  ~status_printer();

  void print(std::string_view text);
  /// A panel can be shown, and lines of the log are let in above it.
  [[nodiscard]] bool is_live() const { return manner_.live; }
  [[nodiscard]] bool has_unicode() const { return manner_.unicode; }
  /// Shows what `render` makes for the size that the terminal has now. Nothing while another job
  /// has the terminal, or while it has not taken what it was sent before.
  void show(const std::function<report::panel(report::panel_size)>& render);
  void take_away();

 private:
  void print_line(std::string_view line);
  /// True: the terminal is ours to draw on.
  [[nodiscard]] bool look_at_terminal();

  const console::stream out_;
  const terminal_manner manner_;
  const bool blocks_here_;  ///< blocks go to the terminal that the panel is on
  std::mutex mutex_;        ///< lines of the log come from any thread
  panel_screen screen_;
  std::size_t dropped_ = 0;
  int typed_ = 0;
};

}  // namespace ddm::cli
