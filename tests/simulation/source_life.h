// Who writes to the source, and what its TTL service deletes.
#pragma once

#include "simulation/scenario.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace ddm::simulation {

class source_life {
 public:
  /// Runs an action after a while.
  using later = std::function<void(milliseconds after, std::function<void()> action)>;

  source_life(const scenario& chosen, monitor::monitor_world& world, later plan);
  source_life(const source_life&) = delete;
  source_life& operator=(const source_life&) = delete;

  void write_one();
  /// The key that is written to all the time; replication may be told to lose it.
  void write_restless();
  /// Somebody who was forgotten when the source was frozen: writes although nobody may.
  void write_forgotten();
  /// What the TTL service does. It rests while the stream is off, as the writers do.
  void expire();
  /// Nobody writes but the forgotten until it is turned on again.
  void rest(bool resting) { resting_ = resting; }
  [[nodiscard]] bool rests() const { return resting_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  /// The source has a new table; what was imported into it is what it holds.
  void on_recreated();

  static constexpr const char* restless_key = "restless";

 private:
  struct held_value {
    std::int64_t value = 0;
    std::int64_t other = 0;  ///< the attribute w
    std::optional<std::int64_t> expires;
  };
  void listen();
  void write(const std::string& key, std::optional<held_value> value);
  [[nodiscard]] double share() { return static_cast<double>(random_() % 10'000) / 10'000; }
  [[nodiscard]] std::optional<std::int64_t> draw_expiry();
  void sweep(support::fake_dynamodb& account, milliseconds interval, wall_time& next);

  const scenario& scenario_;
  monitor::monitor_world& world_;
  later later_;
  std::mt19937_64 random_;
  std::map<std::string, held_value> values_;  // what the source holds
  wall_time next_source_sweep_;
  wall_time next_target_sweep_;
  std::uint64_t writes_ = 0;
  bool resting_ = false;
};

}  // namespace ddm::simulation
