// One run of a state's copies and its lease: several processes, one table, and a referee.
//
// The referee sees what lies in the table at each moment, and asks after every change of it:
//   - does the head name a copy that is complete, and of one moment?
//   - does the head go forward only: the copy's position, its number, the epoch, and the owner only
//     with a new epoch?
//   - may two processes begin an effect at the same time? Does one that begins one, as a repair
//     does, hold the state, and does the copy tell of it?
// In the end the network is calm, and the processes must do what was promised: take over within
// 30 s of a death and 5 s of a clean end, lose nothing that a clean end has copied, and leave no
// block behind that nobody needs. Each seed also plays several commands of one name (commands.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::simulation::copies {

[[nodiscard]] std::string describe(std::uint64_t seed);
/// What was violated; nothing: all held.
[[nodiscard]] std::vector<std::string> run_seed(std::uint64_t seed);

}  // namespace ddm::simulation::copies
