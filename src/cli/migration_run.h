// What runs of monitor, compare and repair have in common: two tables, their state, their signals.
//
// The order is the promise: everything is examined first, and every fault is told at once; only
// then is a file made; only then is a table or a stream read.
#pragma once

#include "aws/profile_files.h"
#include "base/side.h"
#include "cli/connection.h"
#include "cli/options.h"
#include "cli/status_printer.h"
#include "dynamodb/table_reader.h"
#include "monitor/migration.h"
#include "monitor/opened_state.h"
#include "monitor/session_state.h"
#include "monitor/table_watch.h"
#include "report/verdict.h"
#include "runtime/rate_limiter.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"
#include "state/state_store.h"
#include "verify/findings_file.h"

#include <boost/asio/signal_set.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

/// Newest open mismatches that are held in memory.
inline constexpr std::size_t open_mismatches_max = 200'000;

/// One table as it is reached.
struct reached_table {
  ddm::side side;
  std::unique_ptr<connection> link;
  aws::shared_credentials keys;
  std::optional<dynamodb::dynamodb_client> client;
  std::optional<rate_limiter> budget;
  std::optional<dynamodb::metered_table> reading;
};

class migration_run {
 public:
  migration_run(const migration_options& options, const aws::environment& variables,
                asio::io_context& io);
  migration_run(const migration_run&) = delete;
  migration_run& operator=(const migration_run&) = delete;
  virtual ~migration_run() = default;

  /// From valid options to the exit code.
  [[nodiscard]] awaitable<int> run();

 protected:
  using fault_list = std::vector<error>;

  [[nodiscard]] virtual std::string command() const = 0;
  /// Whether --fresh forgets the whole state.
  [[nodiscard]] virtual bool forgets_state() const = 0;
  /// Which command's lock on the state is held; those with one lock exclude each other.
  [[nodiscard]] virtual std::string lock() const { return command(); }
  /// Where its comparison keeps what is not settled; empty: it makes none.
  [[nodiscard]] virtual std::string leftover_path() const { return {}; }
  /// False for a command that works on what another one has found.
  [[nodiscard]] virtual bool begins_state() const { return true; }
  /// Completes the request by what the command needs beside the two tables.
  [[nodiscard]] virtual awaitable<void> reach_more(monitor::migration_request& request,
                                                   fault_list& faults) = 0;
  /// Everything is open: reads, and returns the exit code.
  [[nodiscard]] virtual awaitable<int> work(state::snapshot resumed) = 0;
  /// The first signal; false while there is nothing to end yet.
  virtual bool request_stop() = 0;

  [[nodiscard]] std::unique_ptr<connection> open_link(const connection_request& request,
                                                      fault_list& faults);
  [[nodiscard]] static awaitable<aws::shared_credentials> keys_of(connection& link,
                                                                  std::string name,
                                                                  fault_list& faults);
  [[nodiscard]] dynamodb::page_decoder decoder_for(std::uint64_t sample_rate) const;
  [[nodiscard]] std::string describe_ignored() const;
  /// "a,b": what digests depend on.
  [[nodiscard]] std::string ignored() const;
  /// Part of --memory for what grows with load; the rest is for pages in flight and the program.
  [[nodiscard]] std::uint64_t memory_for_load() const;

  /// An error while the target table is being created.
  [[nodiscard]] result<void> check_target_is_ready() const;
  /// A complaint, and the exit code.
  [[nodiscard]] static int refuse(const error& fault);
  /// Holds the tables as described against those that the state knows: another one is a coverage
  /// gap, which is committed and appended to `gaps`. For a command whose session does not do so.
  [[nodiscard]] awaitable<result<void>> settle_tables(const state::snapshot& resumed,
                                                      std::vector<state::gap_row>& gaps);
  /// The same after a new look at both; a signal ends it with an error of class `cancelled`.
  [[nodiscard]] awaitable<result<void>> settle_tables_at_end(std::vector<state::gap_row>& gaps);
  [[nodiscard]] awaitable<result<dynamodb::table_description>> look_at_end(reached_table& table,
                                                                           const std::string& name);
  /// What no other file of the run may be.
  [[nodiscard]] std::vector<std::string> files_of_state() const;
  /// --fresh moves the file to the second.
  [[nodiscard]] std::vector<std::string> names_of_findings() const;
  /// The first lines of the start-up text: program and tables.
  [[nodiscard]] std::string describe_tables() const;
  [[nodiscard]] static std::string describe_keys(const connection& link,
                                                 const aws::credentials& keys);
  static void append_line(std::string& text, std::string_view name, const std::string& value);
  /// Prints how it ended; the exit code.
  [[nodiscard]] int conclude(const result<void>& ended, const report::status& final_status,
                             const std::string& block, bool require_go);
  /// Shows `line()` each second, where there is a terminal.
  void show_live(std::function<std::string()> line);

  const migration_options& options_;
  const aws::environment& variables_;
  asio::io_context& io_;
  system_clock clock_;
  worker_pool pool_;
  status_printer printer_;
  reached_table source_{.side = side::source};
  reached_table target_{.side = side::target};
  monitor::migration facts_;
  std::string state_path_;
  std::string findings_path_;
  std::unique_ptr<state::state_store> store_;
  bool state_is_new_ = false;
  std::optional<verify::findings_file> findings_file_;
  int signals_seen_ = 0;
  signal signalled_;

 private:
  [[nodiscard]] awaitable<std::expected<void, fault_list>> examine();
  [[nodiscard]] awaitable<void> reach(reached_table& table, const std::string& name,
                                      const connection_options& options, fault_list& faults);
  [[nodiscard]] static monitor::table_access access(reached_table& table, const std::string& name);
  [[nodiscard]] result<void> check_findings_path() const;
  void choose_files(const monitor::migration_request& request);
  [[nodiscard]] awaitable<result<state::snapshot>> open_state();
  [[nodiscard]] awaitable<result<state::snapshot>> begin_or_resume();
  void remove_strays(const state::snapshot& resumed) const;
  [[nodiscard]] awaitable<result<void>> open_findings(state::snapshot& resumed);
  [[nodiscard]] awaitable<result<void>> commit_tables(std::vector<state::gap_row>& gaps);
  void prepare_reading(reached_table& table, const std::string& name,
                       const dynamodb::table_description* facts,
                       const std::optional<std::string>& ttl_attribute);
  [[nodiscard]] awaitable<void> obey_signals();
  [[nodiscard]] awaitable<void> refresh_live_line(std::function<std::string()> line);

  std::optional<aws::profile_files> files_;
  monitor::session_identity identity_;
  std::optional<monitor::table_watch> source_watch_;
  std::optional<monitor::table_watch> target_watch_;
  asio::signal_set signals_;
  task_group background_;
};

}  // namespace ddm::cli
