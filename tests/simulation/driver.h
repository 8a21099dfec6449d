// Drives one scenario: the world's life, the monitor's, and what goes wrong, each at its time.
#pragma once

#include "monitor/export_of.h"
#include "simulation/ledger.h"
#include "simulation/other_commands.h"
#include "simulation/referee.h"
#include "simulation/service_troubles.h"
#include "simulation/simulation.h"
#include "simulation/source_life.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>

namespace ddm::simulation {

using monitor::monitor_world;

class simulation {
 public:
  explicit simulation(const scenario& chosen);
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;

  [[nodiscard]] run_report run();

 private:
  [[nodiscard]] bool forward() const {
    return scenario_.world.way == verify::direction::source_to_target;
  }
  [[nodiscard]] support::fake_dynamodb& origin() {
    return forward() ? world_.source : world_.target;
  }
  [[nodiscard]] support::fake_stream& stream() { return origin().stream(monitor_world::table); }

  void shape(support::fake_options& service) const;
  void make_export();
  void live_before();
  void plan();
  void plan_freeze();
  void plan_restless();
  void live();
  void settle();
  void wait_for_lies();
  void wait_for_compare();
  void wait_for_the_frozen_end();
  void start();
  void end_process(bool by_signal);
  void start_after(milliseconds pause);
  void happen(const planned_incident& incident);
  void change_shards(const planned_incident& incident);
  void crash(const planned_incident& incident, std::uint64_t handlers);
  void crash_in_comparison(const planned_incident& incident);
  void live_for(milliseconds duration);
  void be_absent(milliseconds lasting);
  void read_nothing_for_a_day(const planned_incident& incident);
  void renew_stream(const planned_incident& incident);
  void recreate_target(const planned_incident& incident);
  void import_target(std::uint64_t how);
  void recreate_source(const planned_incident& incident);
  void trim_idle_shards();
  void pause(milliseconds lasting);
  void compare_beside(const planned_incident& incident);
  void repair_between(const planned_incident& incident);
  void examine();
  /// Runs `action` at a time of the scenario.
  void at(milliseconds time, std::function<void()> action) {
    agenda_.emplace(time, std::move(action));
  }
  /// An absence does not count: what it plans happens soon after it.
  [[nodiscard]] milliseconds present() const {
    return absent_since_.value_or(world_.time.now()) - begin_;
  }

  scenario scenario_;
  std::optional<exports::table_export> export_;  ///< outlives the world, whose processes read it
  monitor_world world_;
  ledger truth_;
  referee referee_;
  std::mt19937_64 random_;
  std::multimap<milliseconds, std::function<void()>> agenda_;  // times of the scenario
  source_life life_;
  service_troubles troubles_;
  other_commands commands_;
  support::replicator* replication_ = nullptr;
  wall_time begin_;  ///< the scenario's zero; moved by an absence
  std::optional<wall_time> absent_since_;
  std::optional<wall_time> freeze_at_;  ///< what the next process is told
  bool must_run_ = false;
  std::size_t starts_ = 0;
  bool living_ = false;
  bool go_while_alive_ = false;
};

}  // namespace ddm::simulation
