// The one line below everything else on a terminal, refreshed each second.
//
// Of several migrations each has its turn, with its name before it.
#pragma once

#include "cli/status_printer.h"
#include "runtime/clock.h"

#include <cstddef>
#include <functional>
#include <list>
#include <string>

namespace ddm::cli {

class live_lines {
 public:
  /// Both outlive it.
  live_lines(status_printer& printer, clock& time) : printer_(printer), clock_(time) {}

  /// Shows them until it is cancelled; returns at once where there is no terminal.
  [[nodiscard]] awaitable<void> refresh();

 private:
  friend class live_line;
  struct entry {
    std::string migration;
    std::function<std::string()> text;
  };

  status_printer& printer_;
  clock& clock_;
  std::list<entry> shown_;
  std::size_t turn_ = 0;
};

/// One of them, for as long as it lives.
class live_line {
 public:
  /// Named as the caller's log lines are.
  live_line(live_lines& among, std::function<std::string()> text);
  live_line(const live_line&) = delete;
  live_line& operator=(const live_line&) = delete;
  ~live_line();

 private:
  live_lines& among_;
  std::list<live_lines::entry>::iterator place_;
};

}  // namespace ddm::cli
