// How a command begins a state, or goes on with one.
//
// Problem: two commands may begin one state in the same moment, and one that is alone may begin its
// finding lines anew while another starts. Who loads first and writes after holds a secret, or
// numbers of lines, that are no longer those of the state.
// Idea: first a commit that writes the identity where there is none, then the load. The commit
// waits for whatever another command's transaction does; of two that begin a state the first one
// decides; and lines are not begun anew beside another command (state_store::renew_findings).
#pragma once

#include "monitor/session_state.h"
#include "runtime/asio.h"
#include "state/state_store.h"

#include <cstddef>
#include <string>

namespace ddm::monitor {

struct opened_state {
  session_identity identity;
  state::snapshot resumed;
  bool begun_now = false;  ///< no command had written to it before
};

/// `fresh` is who this migration is, with the secrets of a new state. `target_awaited` as for
/// load_identity(), whose errors it has; a state of another migration stays as it is.
[[nodiscard]] awaitable<result<opened_state>> open_state(state::state_store& store,
                                                         session_identity fresh,
                                                         std::string target_awaited,
                                                         std::size_t open_mismatches_max);

}  // namespace ddm::monitor
