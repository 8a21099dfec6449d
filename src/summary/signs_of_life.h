// Whether somebody works on a state: two rows of it, so that a health check may ask each minute,
// beside a monitor that uses all the memory it was given. (The write-ahead log beside it, 64 MiB at
// most, is read through in pieces.)
//
// A health check asks whether the monitor has to be started anew. So a `compare` beside it does not
// answer for it: while a monitor was started and has not ended, whatever became of it, its sign is
// the one that counts. Elsewhere anybody's does.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "runtime/asio.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ddm::summary {

/// What the last run of a command to record how it stands has said of itself.
struct recorded_run {
  wall_time started;
  wall_time at;
  bool ended = false;
};

/// Of one command on a state.
struct sign_of_life {
  std::string command;
  wall_time at;          ///< when it last recorded how it stands, or began and has not done so yet
  bool held = false;     ///< a process of it holds its lock
  bool ended = false;    ///< as it said itself
  bool goes_on = false;  ///< held, not ended, and a sign of the last monitor::sign_of_life_max
};

/// `held_since`: when the process took the lock that holds it now. Nothing: there was no run.
[[nodiscard]] std::optional<sign_of_life> sign_of(std::string command,
                                                  const std::optional<recorded_run>& recorded,
                                                  std::optional<wall_time> held_since,
                                                  wall_time now);

/// The one that a health check asks for; null: there is none.
[[nodiscard]] const sign_of_life* asked_of(std::span<const sign_of_life> signs);

/// A process of the command holds its lock on the state, and held it when the run began.
[[nodiscard]] bool is_at_work(const std::string& state_file, const std::string& command,
                              wall_time started);

/// The monitor's first. Errors: as of read_facts().
[[nodiscard]] awaitable<result<std::vector<sign_of_life>>> signs_of_life(
    std::string path, const std::function<wall_time()>& clock);

}  // namespace ddm::summary
