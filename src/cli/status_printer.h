// Where status blocks and the live line go: standard output, or standard error when that is taken
// by JSON.
#pragma once

#include "base/console.h"

#include <cstddef>
#include <string_view>

namespace ddm::cli {

class status_printer {
 public:
  /// `to_stderr`: --output json keeps standard output for the one object. On a terminal a live line
  /// is refreshed below what is printed.
  explicit status_printer(bool to_stderr);
  status_printer(const status_printer&) = delete;
  status_printer& operator=(const status_printer&) = delete;
  ~status_printer();

  void print(std::string_view text);
  /// At most columns() of `line` are visible.
  void show_live(std::string_view line);
  [[nodiscard]] static std::size_t columns();
  [[nodiscard]] bool is_live() const { return live_; }

 private:
  void clear_line();
  console::stream out_;
  const bool live_;
  bool line_shown_ = false;
};

}  // namespace ddm::cli
