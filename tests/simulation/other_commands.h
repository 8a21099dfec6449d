// `compare` and `repair` on the state of the simulated monitor, as their commands drive them.
#pragma once

#include "monitor/monitor_world.h"

#include <cstdint>
#include <memory>
#include <string>

namespace ddm::simulation {

class other_commands {
 public:
  explicit other_commands(monitor::monitor_world& world);
  ~other_commands();
  other_commands(const other_commands&) = delete;
  other_commands& operator=(const other_commands&) = delete;

  /// Runs beside whatever else does, until it has compared everything.
  void start_compare(const monitor::process_options& how, milliseconds max_lag);
  std::int64_t listed_max = 1'000'000;  ///< of comparisons that are started from now on
  [[nodiscard]] bool comparing() const;
  /// Of the comparison that was started last, until end_compare().
  [[nodiscard]] report::status compare_status() const;
  [[nodiscard]] bool has_compared() const { return has_compared_; }
  /// Ends it if it has not ended, and says how it did.
  result<void> end_compare();

  struct repair_choice {
    bool apply = false;
    bool undo = false;  ///< of what has been applied
    std::string ignored;
    bool allow_deletes = false;
  };
  /// The monitor must not run. Returns when it is done; time passes.
  result<void> repair(const repair_choice& how);

 private:
  struct process;
  [[nodiscard]] awaitable<void> run_compare();
  [[nodiscard]] awaitable<result<void>> run_repair(process& with, const repair_choice& how);

  monitor::monitor_world& world_;
  std::unique_ptr<process> comparing_;
  bool compare_ended_ = true;
  bool has_compared_ = false;
  result<void> compare_end_;
};

}  // namespace ddm::simulation
