// Several commands under one name: a monitor, comparisons and a repair that begin from each other's
// copies, die, and go on from older ones, while what they did is taken in.
//
// States are real ones, in files; a copy is a picture of one. The referee knows what each command
// has ever copied, and asks of the monitor's state:
//   - is each finding there that a command copied, with one line, and none besides?
//   - is a gap cured only by a comparison that began from a copy with that gap, whatever the clocks
//     of the hosts say?
//   - is the newest comparison that ended known to have ended, and with the same figures?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::simulation::copies {

/// What was violated; nothing: all held.
[[nodiscard]] std::vector<std::string> run_commands(std::uint64_t seed);

}  // namespace ddm::simulation::copies
