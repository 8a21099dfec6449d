// A line on the terminal that tells how far a long command is; nothing where there is no terminal.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ddm::cli {

/// "[#####.....] 500 of 1,000 items, 100/s, 5 s left". `columns` is the terminal's width.
[[nodiscard]] std::string render_progress(std::uint64_t done, std::uint64_t total,
                                          std::string_view what, milliseconds elapsed,
                                          std::size_t columns);

class progress_bar {
 public:
  /// Draws on standard error if that is a terminal that can do more than print.
  progress_bar(std::uint64_t total, std::string what, wall_time start);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  /// Takes the line away again.
  ~progress_bar();

  /// Draws at most ten times a second.
  void show(std::uint64_t done, wall_time now);

 private:
  std::uint64_t total_;
  std::string what_;
  wall_time start_;
  wall_time drawn_at_;
  bool on_terminal_;
};

}  // namespace ddm::cli
