// What a command did to a state of its own, for the state that it began from.
//
// Problem: commands on several hosts have no file in common. Each works on a state of its own, and
// what it finds, heals and finishes must reach the others exactly once, though any of them may die
// and go on from an older copy.
// Idea: a command begins from a copy of the other's state, and notes in it how many finding lines
// there were: all behind them is its own doing. Whoever takes that in commits what the command
// would have committed on a shared file, and in the same commits up to where he has it. What
// is on a shared file heard of (other_commands) is then heard of in the same way.
// Reason: taken in, and known to be, are one commit: neither a death nor an older copy makes it
// count twice or never. That rows meet is decided as ever (state/merged_finding).
//
// Example: a comparison begins from the monitor's copy of 10:00:00, with 40 lines. It ends with 43:
//   run 6f…, lines 40, base 10:00:00    in its own state
//   taken_in.compare: 6f…, 43           in the monitor's, with the 3 findings and its figures
//
// Clocks of several hosts are not compared. A comparison counts as begun when the copy was made
// that it began from, by the clock of whoever made that; and it cures no gap that is not in there.
#pragma once

#include "base/time.h"
#include "compare/comparison_progress.h"
#include "dynamodb/names.h"
#include "runtime/asio.h"
#include "state/state_store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ddm::monitor {

/// From where on a state is a command's own doing.
struct handover {
  std::string run;         ///< an id that is never given twice
  std::int64_t lines = 0;  ///< finding lines that it began with
  /// When the copy was made that it began from; nothing: it began with nothing.
  std::optional<wall_time> base;
  bool operator==(const handover&) const = default;
};
void save(const handover& begun, state::commit_batch& batch);
/// Nothing: it is nobody's own, as a monitor's.
[[nodiscard]] std::optional<handover> load_handover(const state::news& all);

/// All numbers, values and gaps of a state.
[[nodiscard]] awaitable<result<state::news>> all_of(state::state_store& store);

struct taking {
  std::string command;  ///< whose doing it is: "compare" or "repair"
  dynamodb::key_schema schema;
  wall_time now;  ///< by the clock of `ours`
  bool only_findings = false;
};
struct taken_in {
  std::int64_t lines = 0;         ///< findings that were confirmed or have healed
  bool ended_comparison = false;  ///< it was not known to have ended
  bool of_another_state = false;  ///< nothing can be taken in, ever
  bool newer_known = false;       ///< of an array: a comparison that began later is the last one
};
/// What `theirs` has and `ours` does not know yet, in commits of `ours`. The same again takes in
/// nothing.
[[nodiscard]] awaitable<result<taken_in>> take_in(state::state_store& ours,
                                                  state::state_store& theirs, taking how);

/// An array that is merged after another comparison has begun, which says as much or is still to
/// end: that one is the last.
[[nodiscard]] bool is_late_array(const compare::comparison_progress& array,
                                 const compare::comparison_progress& known);
/// Whether the comparison of that array (comparison_progress::array_id) was taken in, by this state
/// or one that it has taken in; whatever was compared since.
[[nodiscard]] bool is_array_taken_in(const std::map<std::string, std::string>& values,
                                     std::int64_t array_id);
[[nodiscard]] awaitable<result<void>> note_array_taken_in(state::state_store& ours,
                                                          std::int64_t array_id);

/// `ours` is a copy of the command's state: what that one has done until then is in it.
[[nodiscard]] awaitable<result<void>> note_taken_in(state::state_store& ours, std::string command);

}  // namespace ddm::monitor
