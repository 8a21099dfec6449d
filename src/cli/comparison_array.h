// `compare` as an array job: which worker a process is, and what the state of a part begins with.
//
// Problem: a scheduler starts N tasks on any hosts, knows them by an index, and starts again what
// does not exit with 0. Idea: the parts lie beside the state that --state names, or in its table,
// under names that follow from the index; whoever is started takes up the part of that name, and
// makes it of what was prepared where there is none, or one of an earlier comparison.
// Reason: a task needs to know nothing but its index, and may die at any moment.
//
//   --state dynamodb://TABLE/NAME   the parts compare.prepared, compare.part-0000 … of NAME
//   --state PATH                    PATH.prepared, PATH.part-0000 …
#pragma once

#include "aws/environment.h"
#include "cli/held_state.h"
#include "cli/options.h"
#include "cli/process.h"
#include "compare/comparison_progress.h"
#include "compare/worker_share.h"
#include "exports/table_export.h"
#include "state/state_store.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::cli {

/// How a process of `compare` takes part.
enum class array_role {
  none,
  prepare,
  worker,
  merge
};
[[nodiscard]] array_role role_of(const compare_options& options);

/// Which worker this is. Errors (wrong_usage): nobody says so, or the array has other tasks.
[[nodiscard]] result<compare::worker_share> share_of(const compare_options& options,
                                                     const aws::environment& variables);

inline constexpr auto prepared_part = "prepared";
[[nodiscard]] std::string part_of(std::int64_t worker);

/// A copy of a part, brought to the present format.
[[nodiscard]] result<std::unique_ptr<state::state_store>> open_copy(const std::string& path);
/// The state at `state` has taken in the comparison that was prepared at `prepared`: another one
/// begins.
[[nodiscard]] result<bool> was_merged(const std::string& prepared, const std::string& state);

/// The state is another one than workers were prepared for.
[[nodiscard]] std::unexpected<error> made_since_prepared(const std::string& state);

/// Of an array, of a part or of a process's log: never given twice, and not 0.
[[nodiscard]] std::int64_t new_id();

/// An array that workers go on with; else what the state knew before.
[[nodiscard]] bool is_prepared(const compare::comparison_progress& was);
/// What these flags say otherwise than what was prepared; empty: nothing. `source_export` null:
/// none is named.
[[nodiscard]] std::string said_otherwise(const compare_options& options,
                                         const compare::worker_share& share,
                                         const exports::table_export* source_export,
                                         const compare::comparison_progress& was);

/// Where the parts lie.
struct array_place {
  process& host;
  std::string state_file;  ///< as --state says
};
/// A copy of a part as it is now, at `to`; its own process may be at work. False: there is none.
/// `held` null: it lies in a file.
[[nodiscard]] awaitable<result<bool>> copy_part(array_place from, held_state* held,
                                                std::string part, std::string to);

/// Makes `path`, the prepared state, of what the state knows, unless it is there and was not merged
/// yet. In a table it was made so when it was taken (cli/state_beginning.h).
[[nodiscard]] awaitable<result<void>> begin_prepared(array_place from, held_state* held, bool anew,
                                                     std::string path);
/// How a worker takes part.
struct array_worker {
  compare::worker_share share;
  std::optional<std::string> exchange;  ///< the folder by which leftovers are passed on
};
/// Makes `path` the part of the worker, unless it is that already, with what its segments have left
/// over.
[[nodiscard]] awaitable<result<void>> begin_worker(array_place from, held_state* held,
                                                   array_worker who, std::string path);

/// Makes `path`, which the parts are merged into, a copy of what was prepared, where there is
/// nothing yet: so it has the secrets by which they were compared.
[[nodiscard]] awaitable<result<void>> begin_whole(array_place from, held_state* held,
                                                  std::string path);

}  // namespace ddm::cli
