// One migration, open: two tables that were examined, the state that is held, the findings' file.
//
// Problem: what is refused must leave nothing behind, and what is wrong must be told at once.
// Idea: whoever has an open_migration has come all the way: everything was examined first, every
// fault told; then the files were made. What is read after that is its command's business.
// Reason: so no command can do it in another order, and a command is code that uses this object,
// not one that fills in steps.
#pragma once

#include "cli/faults.h"
#include "cli/held_state.h"
#include "cli/migration_files.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/reached_table.h"
#include "cli/run_teller.h"
#include "dynamodb/page_decoder.h"
#include "monitor/migration.h"
#include "monitor/session_state.h"
#include "state/state_store.h"
#include "verify/findings_file.h"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ddm::cli {

/// Newest open mismatches that are held in memory.
inline constexpr std::size_t open_mismatches_max = 200'000;

/// What commands differ in, as far as opening goes.
struct command_manner {
  std::string command;
  /// Whose lock on the state is held; those with one lock exclude each other.
  std::string lock;
  /// --fresh forgets the whole state.
  bool forgets_state = false;
  /// --fresh forgets an unfinished comparison.
  bool begins_anew = false;
  /// It changes nothing: a state in a table is read, and not held.
  bool only_looks = false;
  /// What its state is of a comparison that several workers make: "prepared", "part-0003"; empty:
  /// it is no such part.
  std::string part = {};
  /// Makes the file at `path` what it begins with, beside what a state in a table begins with by
  /// itself (not a part); `held` null: it lies in no table.
  std::function<awaitable<result<void>>(const std::string& path, held_state* held)> begin_part = {};
  /// In a table it begins with its own newest copy, or nothing, and what begin_part makes of that.
  bool begins_alone = false;
  /// How many share the read units of the tables.
  std::int64_t workers = 1;
  /// False for a command that works on what another one has found.
  bool begins_state = true;
  /// What else there is to refuse once the tables are known, before any file is made; empty:
  /// nothing.
  std::function<result<void>(const monitor::migration&)> check = {};
};

struct open_migration {
  /// From reached tables to files that are held. `request` is of these tables; `host` and `options`
  /// outlive what is opened. It logs and works on the caller's executor.
  [[nodiscard]] static awaitable<std::expected<std::unique_ptr<open_migration>, fault_list>> open(
      process& host, const migration_options& options, command_manner manner, reached_tables tables,
      monitor::migration_request request);
  /// The same for a command that needs nothing but the two tables, which are reached first.
  [[nodiscard]] static awaitable<std::expected<std::unique_ptr<open_migration>, fault_list>> open(
      process& host, const migration_options& options, command_manner manner);

  /// An error while the target table is being created.
  [[nodiscard]] result<void> check_target_is_ready() const;
  /// Where its comparison keeps what is not settled.
  [[nodiscard]] std::string leftover_path() const {
    return files.state + leftovers_suffix(manner.command);
  }
  [[nodiscard]] dynamodb::page_decoder decoder_for(std::uint64_t sample_rate) const;
  /// Where the state lies, for people.
  [[nodiscard]] std::string state_told() const { return held ? held->address() : files.state; }
  /// Runs `work`, which makes an exit code; then, however that ended, the state's last copy. The
  /// exit code of all.
  [[nodiscard]] awaitable<int> work_and_close(std::function<awaitable<int>()> work);

  /// Of one that was not opened: the faults are told to `teller`. It ended while it waited: that is
  /// none.
  [[nodiscard]] static int not_opened(const fault_list& faults, run_teller& teller);
  /// The same to whoever reads standard error.
  [[nodiscard]] static int not_opened(const fault_list& faults);

  process& host;
  asio::any_io_executor executor;
  const migration_options& options;
  command_manner manner;
  std::unique_ptr<reached_table> source;
  std::unique_ptr<reached_table> target;
  monitor::migration facts;
  migration_files files;
  std::unique_ptr<held_state> held;  ///< of a state that lies in a table
  std::unique_ptr<state::state_store> store;
  monitor::session_identity identity;
  bool state_is_new = false;
  state::snapshot resumed;  ///< as an earlier process left it
  std::optional<verify::findings_file> findings;

 private:
  [[nodiscard]] awaitable<int> close(int code);
};

}  // namespace ddm::cli
