// The panel below everything else on a terminal, refreshed each second.
//
// Of a fleet it is the overview.
#pragma once

#include "cli/shown_runs.h"
#include "cli/status_printer.h"
#include "report/recent_figures.h"
#include "report/status.h"
#include "runtime/clock.h"

#include <functional>
#include <list>
#include <string>

namespace ddm::cli {

class live_panels {
 public:
  /// All outlive it.
  live_panels(status_printer& printer, clock& time, const shown_runs& shown)
      : printer_(printer), clock_(time), shown_(shown) {}

  /// Shows them until it is cancelled; returns at once where there is no terminal.
  [[nodiscard]] awaitable<void> refresh();
  /// The same at once when the terminal has another size.
  [[nodiscard]] awaitable<void> follow_terminal();

 private:
  friend class live_panel;
  struct entry {
    std::function<const report::status&()> status;
    report::recent_figures recent;
  };
  void show();

  status_printer& printer_;
  clock& clock_;
  const shown_runs& shown_;
  std::list<entry> entries_;
};

/// One of them, for as long as it lives.
class live_panel {
 public:
  /// `status` gives the latest one.
  live_panel(live_panels& among, std::function<const report::status&()> status);
  live_panel(const live_panel&) = delete;
  live_panel& operator=(const live_panel&) = delete;
  /// Takes the last one off the terminal.
  ~live_panel();

 private:
  live_panels& among_;
  std::list<live_panels::entry>::iterator place_;
};

}  // namespace ddm::cli
