// Who hears what a run has to say beside its log: the terminal, or the board of a fleet.
//
// Reason: the same run is one command's whole work, or one of two hundred that share a terminal.
#pragma once

#include "base/error.h"
#include "cli/faults.h"
#include "cli/options.h"
#include "cli/status_printer.h"
#include "report/status.h"

#include <string>

namespace ddm::cli {

/// Who hears what a run has to say beside its log.
class run_teller {
 public:
  run_teller() = default;
  run_teller(const run_teller&) = delete;
  run_teller& operator=(const run_teller&) = delete;
  virtual ~run_teller() = default;

  /// Everything is open: the first screen.
  virtual void begun(const std::string& first_screen) = 0;
  /// Each stats interval.
  virtual void block(const report::status& now) = 0;
  /// It did not begin, or could not be told of; the exit code of that.
  [[nodiscard]] virtual int refused(const fault_list& faults) = 0;
  /// Its last word; the exit code. An error of `how` is told after what was done.
  [[nodiscard]] virtual int ended(const result<void>& how, const report::status& last) = 0;
};

/// Prints all of it, as far as the options let it.
class printing_teller final : public run_teller {
 public:
  using block_renderer = std::string (*)(const report::status&);
  /// All outlive it.
  printing_teller(status_printer& printer, const migration_options& options, bool require_go,
                  block_renderer render)
      : printer_(printer), options_(options), require_go_(require_go), render_(render) {}

  void begun(const std::string& first_screen) override { print(first_screen); }
  void block(const report::status& now) override { print(render_(now)); }
  [[nodiscard]] int refused(const fault_list& faults) override { return refuse(faults); }
  [[nodiscard]] int ended(const result<void>& how, const report::status& last) override;

 private:
  void print(const std::string& text);

  status_printer& printer_;
  const migration_options& options_;
  bool require_go_;
  block_renderer render_;
};

}  // namespace ddm::cli
