// What a terminal has to be sent so that a panel stands below all that scrolls.
//
// Problem: a program that redraws its whole panel each second flickers, floods a slow line, and
// tears what others print. One that switches the terminal into a mode of its own leaves it so when
// it is killed.
// Idea: the cursor rests at the end of the panel's last line, and everything is told relative to
// that: only what has changed is written, a printed line is let in above by inserting rows.
// Wrapping and cursor are off within one write alone. Reason: whatever ends the program, the
// terminal is as it was. What cannot be known (lines that a terminal folds anew when it is resized,
// what somebody typed) is not guessed: the screen is cleared and painted anew, with the last lines
// that were printed.
//
// Pure: it returns bytes, and nothing is shown unless they are written.
#pragma once

#include "report/panel.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::cli {

class panel_screen {
 public:
  explicit panel_screen(bool colour) : colour_(colour) {}

  /// `wanted` is for a terminal of this size, and smaller than it.
  [[nodiscard]] std::string draw(const report::panel& wanted, report::panel_size terminal);
  /// Displayable lines without a last break, above the panel.
  [[nodiscard]] std::string print(std::string_view text, report::panel_size terminal);
  /// Takes the panel away.
  [[nodiscard]] std::string leave(report::panel_size terminal);

  /// Somebody else has written below the panel: the next one stands below that.
  void forget() {
    shown_.reset();
    distrusted_ = false;
  }
  /// Nobody knows what the terminal shows: next time all is painted anew.
  void distrust() { distrusted_ = shown_.has_value(); }

  static constexpr std::size_t kept_lines_max = 300;
  static constexpr std::size_t kept_columns_max = 2000;

 private:
  [[nodiscard]] std::string drawn_anew(const report::panel& wanted) const;
  [[nodiscard]] std::string changes(const report::panel& from, const report::panel& to) const;
  [[nodiscard]] std::string line_of(const report::panel& from, std::size_t row) const;
  void append_change(std::string& out, const report::panel& from, const report::panel& to,
                     std::size_t row) const;
  [[nodiscard]] std::string erased();
  [[nodiscard]] std::string let_in(std::string_view line) const;
  [[nodiscard]] bool must_repaint(report::panel_size terminal) const;
  /// Clears the screen and prints the last lines again, as many as leave `rows_free`.
  [[nodiscard]] std::string painted_anew(std::size_t rows_free);
  void keep(std::string_view text);

  bool colour_;
  bool distrusted_ = false;
  std::optional<report::panel> shown_;  ///< the cursor rests at the end of its last line
  std::optional<report::panel_size> size_;
  std::deque<std::string> kept_;
};

}  // namespace ddm::cli
