// One run of the whole monitor through one scenario.
#pragma once

#include "simulation/scenario.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::simulation {

struct run_report {
  std::vector<std::string> violations;
  milliseconds virtual_time{0};
  std::uint64_t writes = 0;
  std::uint64_t findings = 0;
  bool go_while_alive = false;  ///< GO or GO (sampled) was shown while the source was written to
};

[[nodiscard]] run_report run(const scenario& chosen);
[[nodiscard]] inline run_report run_seed(std::uint64_t seed) { return run(make_scenario(seed)); }

}  // namespace ddm::simulation
