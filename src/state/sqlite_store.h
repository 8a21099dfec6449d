// The state in one SQLite file (WAL), written by a thread of its own.
#pragma once

#include "runtime/worker_pool.h"
#include "state/state_store.h"

#include <cstddef>
#include <memory>
#include <string>

namespace ddm::state {

struct sqlite_options {
  std::string path;
  /// Two processes of the same command may not share a state: an advisory lock on
  /// "<path>.<command>.lock" is held while the store is open. Empty: open read-only, without a lock
  /// (`report`); an older format is refused then.
  std::string command;
  /// What the process runs, if it holds the lock of another command to keep that one away.
  std::string holder;
  /// Remove what is there and begin anew.
  bool fresh = false;
  /// For a look at a few rows, each minute: not all of the file is read to see that it is whole.
  bool unproven = false;
  /// False: work is done where it is asked for, so that a simulation stays deterministic.
  bool own_thread = true;
  /// Threads that several stores share, one piece of work of each at a time; they outlive it. Null:
  /// one of its own.
  worker_pool* threads = nullptr;
  /// Of pages that SQLite keeps in memory.
  std::size_t cache_bytes = std::size_t{32} << 20;
};

/// Opens or creates the file (mode 0600); one of an older format is upgraded in one transaction.
/// Errors, all fatal, each naming the file and the remedy: not a state file of this program,
/// damaged (quick_check), of a newer version, locked by another process, on a network filesystem,
/// directory missing, no permission, disk full. Nothing is changed on an error; `fresh` never
/// removes a file that is not of this program, nor one that another command uses.
///
/// A commit is on the disk when it returns. After a failed one all further commits fail.
[[nodiscard]] result<std::unique_ptr<state_store>> open_sqlite_store(sqlite_options options);

}  // namespace ddm::state
