// The whole `compare` under virtual time, between two in-process accounts.
//
// Everything above aws::transport is the production code, the state is real SQLite. A crash is a
// session that is destroyed in the middle; what the next one knows is what was committed.
#pragma once

#include "monitor/compare_session.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ddm::monitor {

struct compare_world_options {
  std::size_t open_loaded = 1000;  ///< open findings that a start reads from the state
  dynamodb::key_schema schema{.partition = {"pk", dynamodb::key_type::string}, .sort = {}};
  std::uint32_t segments = 8;
  std::uint64_t sample_rate = 1;
  std::vector<std::string> ignored;
  milliseconds max_lag = std::chrono::seconds{60};
  std::uint64_t memory_bytes_max = 64ULL << 20;
  /// Other than 0: the target orders its items differently.
  std::uint64_t target_order = 0;
  std::uint64_t seed = 1;
};

class compare_world {
 public:
  explicit compare_world(compare_world_options options = {});
  compare_world(const compare_world&) = delete;
  compare_world& operator=(const compare_world&) = delete;
  ~compare_world();

  static constexpr const char* table = "orders";

  support::simulated_clock time;
  support::fake_dynamodb source;
  support::fake_dynamodb target;
  /// Of later processes, as compare_parts has it.
  std::function<awaitable<result<void>>()> keep;

  /// A new process on the same state file.
  void start(const std::function<void(compare_settings&)>& adjust = {});
  /// Commits what start() would begin with, and leaves it at that.
  void prepare(const std::function<void(compare_settings&)>& adjust = {});
  /// Later processes work on this one beside the first state.
  void use_state(const std::string& name) {
    crash();
    state_name_ = name;
  }
  [[nodiscard]] std::string path_of(const std::string& name) const {
    return (folder_ / name).string();
  }
  /// What later processes ignore.
  void ignore(std::vector<std::string> patterns) { options_.ignored = std::move(patterns); }
  /// The process is gone at this instant: nothing is committed any more.
  void crash();
  void stop();
  /// Runs until the session has ended by itself.
  result<void> wait_for_end();
  /// start() and wait_for_end().
  report::status compare();
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] report::status status() const;
  /// Open mismatches as "key kind", sorted; keys as the value of "pk", or "pk/sk".
  [[nodiscard]] std::vector<std::string> findings();
  /// What this process has committed is also what another one would load.
  [[nodiscard]] state::snapshot committed();
  /// Writes to the state beside the session.
  void commit(state::commit_batch batch);

  void put_both(const std::string& item) {
    source.put(table, item);
    target.put(table, item);
  }
  [[nodiscard]] static std::string item(const std::string& key, std::int64_t value);
  [[nodiscard]] static std::string key(const std::string& name);

 private:
  struct process;
  [[nodiscard]] awaitable<void> run_session();
  void open(const std::function<void(compare_settings&)>& adjust);

  compare_world_options options_;
  std::filesystem::path folder_;
  std::string state_name_ = "orders.monitor.db";
  std::unique_ptr<process> process_;
  bool ended_ = false;
  result<void> end_;
};

}  // namespace ddm::monitor
