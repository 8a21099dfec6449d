// The whole monitor under virtual time, between two in-process accounts.
//
// Everything above aws::transport is the production code, the state is real SQLite, time is
// simulated: an hour of migration is a second of test. A crash is a session that is destroyed in
// the middle; what the next one knows is what was committed.
#pragma once

#include "aws/service_client.h"
#include "monitor/monitor_session.h"
#include "state/sqlite_store.h"
#include "support/fake_dynamodb.h"
#include "support/replicator.h"
#include "support/simulated_clock.h"

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

struct world_options {
  dynamodb::key_schema schema{.partition = {"pk", dynamodb::key_type::string}, .sort = {}};
  std::string view_type = "NEW_AND_OLD_IMAGES";
  support::fake_stream::options stream;
  std::string first_sequence_number = "100000000000000000000";
  stream::first_position first = stream::first_position::trim_horizon;
  verify::direction way = verify::direction::source_to_target;
  std::uint64_t sample_rate = 1;
  milliseconds max_lag = std::chrono::seconds{60};
  milliseconds stall_after = std::chrono::minutes{30};
  std::uint64_t memory_bytes_max = 64ULL << 20;
  milliseconds batch_wait_max = std::chrono::seconds{2};
  bool create_target = true;
  double read_units_per_second = std::numeric_limits<double>::infinity();  ///< of both sides
  std::uint64_t seed = 1;
};

/// Of all commands in a world of this seed.
[[nodiscard]] session_identity identity_of_seed(std::uint64_t seed);

/// A world whose stream is read from after what was imported.
[[nodiscard]] world_options later_stream(std::uint64_t sample_rate = 1);

/// What one process is started with, where that differs from the process before it.
struct process_options {
  std::optional<std::uint64_t> sample_rate;           ///< else the world's
  std::optional<std::uint64_t> baseline_sample_rate;  ///< else that of the changes
  std::string ignored;                                ///< attributes, comma-separated
  bool ttl = true;                                    ///< on in both tables, on "ttl"
  bool watches_settings = false;                      ///< those of the tables
};

class monitor_world {
 public:
  explicit monitor_world(world_options options = {});
  monitor_world(const monitor_world&) = delete;
  monitor_world& operator=(const monitor_world&) = delete;
  ~monitor_world();

  static constexpr const char* table = "orders";

  /// Items "rest00000" to …, equal on both sides, which were there before the stream.
  void import_items(int items);

  support::simulated_clock time;
  support::fake_dynamodb source;
  support::fake_dynamodb target;

  /// With which later processes make their baseline; null: the source is scanned.
  const exports::table_export* baseline_export = nullptr;
  /// What a process that waits for the target is told instead of an answer.
  std::optional<error> target_failure;
  /// Called after each commit of any process, with what it wrote.
  std::function<void(const state::commit_batch&)> on_commit;
  /// Called with what a new process finds in the state.
  std::function<void(const state::snapshot&)> on_resume;

  /// Carries changes from now on; at most one in a world's life.
  support::replicator& replicate(support::replicator_options how = {});

  /// A new process on the same state file.
  void start(std::function<void(session_settings&)> adjust = {}, const process_options& how = {});
  /// What later processes check: one key in so many.
  void set_sample_rate(std::uint64_t rate) { options_.sample_rate = rate; }
  /// The process is gone at this instant: nothing is committed any more.
  void crash();
  /// A signal: drains, and returns how it ended.
  result<void> stop();
  /// Runs until the session has ended by itself (--until-caught-up, a failure).
  result<void> wait_for_end();
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] wall_time ended_at() const { return ended_at_; }  ///< once it has
  [[nodiscard]] bool running() const { return process_ && !ended_; }
  /// How it ended, once it has.
  [[nodiscard]] const result<void>& end() const { return end_; }
  [[nodiscard]] const dynamodb::page_decoder::options& decoding() const;

  // For other commands on the same state.
  [[nodiscard]] std::string state_path() const { return (folder_ / "orders.monitor.db").string(); }
  /// Commits to it are heard as those of the monitor are.
  [[nodiscard]] std::unique_ptr<state::state_store> open_state(const std::string& command);
  /// With the secrets that the state has.
  [[nodiscard]] dynamodb::page_decoder::options decoding_of(const state::snapshot& resumed,
                                                            std::uint64_t sample_rate,
                                                            const std::string& ignored) const;

  [[nodiscard]] report::status status() const { return session_->status(); }
  /// Those of the verdict, in one line.
  [[nodiscard]] std::string reasons() const;
  /// What the state holds now.
  [[nodiscard]] state::snapshot stored() { return *time.run(stored_rows()); }
  /// What another command on the same state writes, beside the process or between two.
  void commit_beside(state::commit_batch batch);
  /// Open mismatches as "key kind", sorted.
  [[nodiscard]] std::vector<std::string> open_findings();

  /// {"pk":{"S":"<key>"},"v":{"N":"<value>"}}, with "ttl" if it expires (Unix seconds).
  [[nodiscard]] static std::string item(const std::string& key, std::int64_t value,
                                        std::optional<std::int64_t> expires = std::nullopt);
  [[nodiscard]] static std::string key(const std::string& name);
  void put(const std::string& key_name, std::int64_t value,
           std::optional<std::int64_t> expires = std::nullopt) {
    source.put(table, item(key_name, value, expires));
  }
  void remove(const std::string& key_name) { source.remove(table, key(key_name)); }

 private:
  struct process;
  [[nodiscard]] session_settings settings_of(const process_options& how);
  [[nodiscard]] awaitable<result<state::snapshot>> stored_rows();
  [[nodiscard]] awaitable<void> run_session();
  [[nodiscard]] awaitable<result<bool>> target_is_active();

  world_options options_;
  std::filesystem::path folder_;
  std::unique_ptr<support::replicator> replicator_;
  std::unique_ptr<process> process_;
  monitor_session* session_ = nullptr;
  bool ended_ = false;
  wall_time ended_at_;
  result<void> end_;
};

}  // namespace ddm::monitor
