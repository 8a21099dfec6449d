// Whether somebody works on a state: some kilobytes of it, so that a health check may ask each
// minute, beside a monitor that uses all the memory it was given.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "runtime/asio.h"

#include <functional>
#include <string>
#include <vector>

namespace ddm::summary {

/// Of one command on a state.
struct sign_of_life {
  std::string command;
  wall_time at;          ///< when it last recorded how it stands
  bool goes_on = false;  ///< as monitor::stored_run::goes_on()
};

/// A process of the command holds its lock on the state, and held it when the run began.
[[nodiscard]] bool is_at_work(const std::string& state_file, const std::string& command,
                              wall_time started);

/// The monitor's first; empty where no run has recorded a status yet. Errors: as of read_facts().
[[nodiscard]] awaitable<result<std::vector<sign_of_life>>> signs_of_life(
    std::string path, const std::function<wall_time()>& clock);

}  // namespace ddm::summary
