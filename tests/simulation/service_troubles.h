// Times in which a service does not answer as it should.
#pragma once

#include "simulation/scenario.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::simulation {

class service_troubles {
 public:
  explicit service_troubles(const scenario& chosen)
      : shower_(support::seeded_faults(chosen.faults, chosen.seed)) {}

  /// An outage or a shower of faults that begins now.
  void begin(const planned_incident& incident, wall_time now);
  void end_all() { troubles_.clear(); }
  [[nodiscard]] bool under_way(wall_time now) const { return under_way(now, now); }
  [[nodiscard]] bool under_way(wall_time from, wall_time until) const;
  /// `side`: 1 the source's account, 2 the target's.
  [[nodiscard]] support::fault fault_of(const support::fault_context& context, std::uint64_t side);

 private:
  struct trouble {
    wall_time from;
    wall_time until;
    std::uint64_t side = 3;  ///< 0: the stream's connection, 1: the source, 2: the target, 3: all
    std::optional<support::fault> what;  ///< nothing: a shower
    std::string operation;               ///< of this one only; empty: of all
  };

  std::vector<trouble> troubles_;
  support::fault_plan shower_;
};

}  // namespace ddm::simulation
