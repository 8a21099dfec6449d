#include "state/sqlite_store.h"

#include "base/draft_file.h"
#include "base/private_file.h"
#include "runtime/worker_pool.h"
#include "state/room_wait.h"
#include "state/sqlite_connection.h"
#include "state/sqlite_schema.h"
#include "state/state_file.h"
#include "state/state_tables.h"
#include "state/wal_lineage.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::state {
namespace {

/// FULL: a commit is on the disk when it returns, also if the power fails the moment after.
constexpr const char* settings = R"(
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
  PRAGMA cell_size_check = ON;
)";

/// Runs everything on one thread, in the order in which it was asked for.
class sqlite_store final : public state_store {
 public:
  sqlite_store(std::optional<state_lock> lock, std::string path, std::string command,
               state_tables tables, const sqlite_options& options)
      : lock_(std::move(lock)),
        path_(std::move(path)),
        command_(std::move(command)),
        tables_(std::move(tables)),
        has_thread_(options.own_thread),
        shared_threads_(options.threads),
        thread_(options.own_thread && options.threads != nullptr
                    ? worker_pool(worker_pool::lane_of{*options.threads})
                    : worker_pool(options.own_thread ? 1 : 0)) {}

  sqlite_store(const sqlite_store&) = delete;
  sqlite_store& operator=(const sqlite_store&) = delete;
  ~sqlite_store() override { room_.let_wait(false); }

  awaitable<result<void>> commit(commit_batch batch) override {
    co_return co_await thread_.run([&] {
      for (bool last = !has_thread_;;) {
        auto committed = tables_.commit(batch);
        const bool no_room = !committed && committed.error().code == no_room_code;
        if (no_room && !last) {
          const auto stand_in = stand_in_while_waiting();
          last = !room_.wait(committed.error());
          continue;
        }
        room_.end();
        if (no_room) {
          tables_.break_off(committed.error());
        }
        return committed;
      }
    });
  }

  void let_commits_wait(bool wait) override { room_.let_wait(wait); }
  [[nodiscard]] std::string waits_for_room() const override { return room_.why(); }

  awaitable<result<snapshot>> load(std::size_t open_mismatches_max) override {
    co_return co_await thread_.run([&] { return tables_.load(open_mismatches_max); });
  }

  awaitable<result<std::vector<deferred_row>>> oldest_deferred(std::size_t rows_max) override {
    co_return co_await thread_.run([&] { return tables_.oldest_deferred(rows_max); });
  }

  awaitable<result<std::int64_t>> count_deferred() override {
    co_return co_await thread_.run([&] { return tables_.count_deferred(); });
  }

  awaitable<result<std::vector<candidate_row>>> candidates(std::string command, std::int64_t after,
                                                           std::size_t rows_max) override {
    co_return co_await thread_.run([&] { return tables_.candidates(command, after, rows_max); });
  }

  awaitable<result<std::optional<mismatch_row>>> find_mismatch(std::string key_hash) override {
    co_return co_await thread_.run([&] { return tables_.find_mismatch(key_hash); });
  }

  awaitable<result<std::vector<mismatch_row>>> mismatches_by_key(std::string after,
                                                                 std::size_t rows_max) override {
    co_return co_await thread_.run([&] { return tables_.mismatches_by_key(after, rows_max); });
  }

  awaitable<result<std::vector<mismatch_row>>> open_mismatches(std::optional<mismatch_row> last,
                                                               std::size_t rows_max) override {
    co_return co_await thread_.run([&] { return tables_.open_mismatches(last, rows_max); });
  }

  awaitable<result<shard_page>> newest_shards(std::string stream_arn,
                                              std::size_t rows_max) override {
    co_return co_await thread_.run([&] { return tables_.newest_shards(stream_arn, rows_max); });
  }

  awaitable<result<bool>> renew_findings(line_of_row line_of) override {
    co_return co_await thread_.run([&] {
      return tables_.renew_findings(
          line_of, [&] { return check_unused_by_others(path_, command_).has_value(); });
    });
  }

  awaitable<result<std::vector<std::string>>> finding_lines(std::int64_t after,
                                                            std::size_t lines_max) override {
    co_return co_await thread_.run([&] { return tables_.finding_lines(after, lines_max); });
  }

  awaitable<result<news>> news_of(std::vector<std::string> prefixes) override {
    co_return co_await thread_.run([&] { return tables_.news_of(prefixes); });
  }

 private:
  /// Threads that are shared are not ours to keep: other stores may lie on another disk.
  std::unique_ptr<worker_pool::stand_in> stand_in_while_waiting() {
    return shared_threads_ == nullptr ? nullptr
                                      : std::make_unique<worker_pool::stand_in>(*shared_threads_);
  }

  // Destroyed from the last to the first: queued work ends, the file is closed, the lock is
  // released.
  std::optional<state_lock> lock_;
  std::string path_;
  std::string command_;
  state_tables tables_;
  room_wait room_;
  bool has_thread_;              ///< else the caller's, which nothing may hold up
  worker_pool* shared_threads_;  ///< null: the thread is its own
  worker_pool thread_;
};

/// Afterwards there is a state file of a format that this program knows.
result<void> prepare_file(const std::string& path, const sqlite_options& options) {
  const auto version = version_of(path);
  if (!version) {
    return fail(version.error());
  }
  if (*version && !options.fresh) {
    if (!options.command.empty() && check_unused_by_others(path, options.command)) {
      remove_drafts(path);
    }
    return check_version(path, **version);
  }
  if (options.command.empty()) {
    return wrong_usage(fmt::format(
        "there is no state {}: name the file that `monitor` printed at its start with --state",
        path));
  }
  if (auto unused = check_unused_by_others(path, options.command); !unused) {
    return unused;
  }
  return create_state_file(path);
}

/// The tables are of this program's format afterwards. Only a command that may write can see to it.
result<void> adapt_format(sqlite_connection& connection, const std::string& command) {
  const auto format = format_of(connection);
  if (!format) {
    return fail(format.error());
  }
  if (*format >= format_version) {
    return check_version(connection.path(), *format);
  }
  if (command.empty()) {
    return wrong_usage(fmt::format(
        "the state {} was written by an older version of this program (format {}; version {} "
        "reads format {}): start `monitor` of this version on it, which upgrades it, or read it "
        "with the version that wrote it",
        connection.path(), *format, DDM_VERSION, format_version));
  }
  if (auto unused = check_unused_by_others(connection.path(), command); !unused) {
    return unused;
  }
  return upgrade(connection, format_scripts());
}

result<state_tables> open_tables(const std::string& path, const sqlite_options& options) {
  const auto& command = options.command;
  const bool read_only = command.empty();
  if (!read_only) {
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      keep_private(path + suffix);
    }
  }
  // Before SQLite replays the WAL, which it does at the first look.
  if (auto own = check_wal_belongs(path); !own) {
    return fail(std::move(own.error()));
  }
  auto connection =
      sqlite_connection::open(path, read_only ? sqlite_connection::access::read_only
                                              : sqlite_connection::access::read_write);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  if (!options.unproven) {
    if (auto intact = check_integrity(*connection); !intact) {
      return fail(std::move(intact.error()));
    }
  }
  if (!read_only) {
    if (auto mode = connection->ask("PRAGMA journal_mode = WAL"); !mode) {
      return fail(std::move(mode.error()));
    }
    connection->checkpoint_on_close();
  }
  const auto cache = fmt::format("PRAGMA cache_size = -{}", options.cache_bytes / 1024);
  if (!connection->run(settings) || !connection->run(cache.c_str())) {
    return fail(connection->failure("open"));
  }
  if (auto adapted = adapt_format(*connection, command); !adapted) {
    return fail(std::move(adapted.error()));
  }
  return state_tables::open(*std::move(connection));
}

}  // namespace

result<std::unique_ptr<state_store>> open_sqlite_store(sqlite_options options) {
  const bool read_only = options.command.empty();
  const auto path = resolve_place(options.path);
  if (!path) {
    return fail(path.error());
  }
  std::optional<state_lock> lock;
  if (!read_only) {
    auto locked = state_lock::acquire(*path, options.command,
                                      options.holder.empty() ? options.command : options.holder);
    if (!locked) {
      return fail(std::move(locked.error()));
    }
    lock.emplace(*std::move(locked));
    if (auto writable = check_writable(*path); !writable) {
      return fail(std::move(writable.error()));
    }
  }
  if (auto ready = prepare_file(*path, options); !ready) {
    return fail(std::move(ready.error()));
  }
  auto tables = open_tables(*path, options);
  if (!tables) {
    return fail(std::move(tables.error()));
  }
  return std::make_unique<sqlite_store>(std::move(lock), *path, options.command, *std::move(tables),
                                        options);
}

}  // namespace ddm::state
