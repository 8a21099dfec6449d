// What the migrations of one process share, and how they run beside each other.
//
// Problem: a loop, signals, a terminal and a pool of threads belong to a process; tables, a state
// and a session belong to a migration, of which there may be any number.
// Idea: a command is a function from the process to an exit code. It opens what is its own
// (open_migration.h) and works with it; the process runs all commands it is given until each has
// ended, each with its own name in the log.
// Reason: one migration is then the case of one, and knows nothing of the others.
#pragma once

#include "aws/environment.h"
#include "cli/ending.h"
#include "cli/live_panels.h"
#include "cli/options.h"
#include "cli/shared_budgets.h"
#include "cli/shared_connections.h"
#include "cli/shown_runs.h"
#include "cli/status_printer.h"
#include "cli/web_server.h"
#include "runtime/clock.h"
#include "runtime/memory_shares.h"
#include "runtime/worker_pool.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ddm::cli {

/// Shared by all migrations; used on its control thread.
struct process {
  /// `io` and `variables` outlive it. `common` says what becomes of the output, and what all
  /// migrations may take together.
  process(asio::io_context& io, const aws::environment& variables, const migration_options& common,
          std::size_t migrations = 1);

  const aws::environment& variables;
  system_clock time;
  worker_pool pool;
  worker_pool state_threads;
  /// For copies of states, which are as large as those: pages do not wait behind them. One thread,
  /// from the first that asks for it on.
  [[nodiscard]] worker_pool& copy_thread();
  std::size_t state_cache_bytes;  ///< of each migration
  memory_shares memory;           ///< for load, of all migrations
  status_printer printer;
  ending end;
  shown_runs shown;
  live_panels live;
  shared_connections connections;
  shared_budgets budgets;
  /// Null: none was asked for. Whoever is refused nothing any more begins it: a port that opens
  /// before that would tell of a run that never is.
  std::unique_ptr<web_server> web;

 private:
  std::unique_ptr<worker_pool> copy_thread_;
};

/// A migration's command, from its examination to its exit code.
struct migration_command {
  std::string migration;  ///< its name in log lines; empty: it is the only one
  /// A coroutine function; what it needs beside the process is in the object.
  std::function<awaitable<int>(process&)> run;
};

/// All of them beside each other, each with its name, until the last has ended; else as run_all.
[[nodiscard]] awaitable<int> run_each(process& host,
                                      const std::vector<migration_command>& commands);

/// Runs all of them until each has ended, and obeys signals meanwhile. Several exit codes make one:
/// the first of 2, 4, 1, 3, 0 (report/exit_code.h). An exception of one drains the others, and
/// comes through.
[[nodiscard]] awaitable<int> run_all(process& host, std::vector<migration_command> commands);

/// The same with a loop of its own, from the process's beginning to its exit code. What `common`
/// says of logs and output is for all of them. `migrations`: there will be, if more than commands.
[[nodiscard]] int run_migrations(const migration_options& common, const aws::environment& variables,
                                 std::vector<migration_command> commands,
                                 std::size_t migrations = 1);

}  // namespace ddm::cli
