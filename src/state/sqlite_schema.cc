#include "state/sqlite_schema.h"

#include "base/draft_file.h"
#include "base/log.h"
#include "base/write_all.h"
#include "state/state_file.h"
#include "state/wal_lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <tuple>
#include <unistd.h>

namespace ddm::state {
namespace {

/// Times are milliseconds since 1970.
constexpr const char* format_1 = R"(
  CREATE TABLE shard (
    stream_arn TEXT NOT NULL, shard_id TEXT NOT NULL, parent_id TEXT NOT NULL, life TEXT NOT NULL,
    start TEXT NOT NULL, counts_from INTEGER, last_sequence TEXT NOT NULL,
    resolved_sequence TEXT NOT NULL, last_created INTEGER, caught_up_at INTEGER, ended_at INTEGER,
    last_listed INTEGER, PRIMARY KEY (stream_arn, shard_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE open_check (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
  CREATE TABLE deferred (
    key_hash BLOB PRIMARY KEY, key_json TEXT NOT NULL, changes INTEGER NOT NULL,
    since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX deferred_by_age ON deferred (since_ms);
  CREATE TABLE mismatch (
    id INTEGER PRIMARY KEY, key_hash BLOB NOT NULL UNIQUE, open INTEGER NOT NULL,
    confirmed_ms INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE INDEX mismatch_open ON mismatch (confirmed_ms) WHERE open;
  CREATE TABLE finding (number INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT;
  CREATE TABLE gap (
    id INTEGER PRIMARY KEY, stream_arn TEXT NOT NULL, shard_id TEXT NOT NULL,
    after_sequence TEXT NOT NULL, noticed INTEGER NOT NULL, reason TEXT NOT NULL,
    cured INTEGER NOT NULL) STRICT;
  CREATE TABLE number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE value (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
)";

/// Comparisons of whole tables.
constexpr const char* format_2 = R"(
  CREATE TABLE compared_pair (
    command TEXT NOT NULL, segment INTEGER NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY (command, segment)) STRICT, WITHOUT ROWID;
  CREATE TABLE candidate (
    id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, key_hash BLOB NOT NULL,
    key_json TEXT NOT NULL, source_held INTEGER NOT NULL) STRICT;
)";

/// Checks as blocks (state/check_blocks). What was a row is a block of one, so nothing is copied;
/// and no table is dropped, which could move the row that tells a WAL's history (wal_lineage).
constexpr const char* format_4 = R"(
  ALTER TABLE open_check RENAME TO check_block;
  ALTER TABLE check_block RENAME COLUMN id TO number;
)";

/// Script n makes format n of format n − 1. A script that has been released is never edited.
constexpr std::array<const char*, format_version> scripts{format_1, format_2, lineage_script,
                                                          format_4};

static_assert(scripts[lineage_format - 1] == lineage_script);

constexpr std::array<const char*, 4> file_suffixes{"", "-wal", "-shm", "-journal"};

void remove_files(const std::string& path) {
  for (const auto* suffix : file_suffixes) {
    ::unlink((path + suffix).c_str());
  }
}

std::unexpected<error> cannot_create(const std::string& path) {
  return fatal(fmt::format(
      "cannot create the state {}: {}; make room or get permission there, or choose another place "
      "with --state",
      path, std::strerror(errno)));
}

/// From format `have` to the last; within a transaction of the caller's.
bool run_scripts(sqlite_connection& connection, std::span<const char* const> all,
                 std::size_t have) {
  const auto mark = fmt::format("PRAGMA user_version = {}", all.size());
  return std::ranges::all_of(all.subspan(have),
                             [&](const char* script) { return connection.run(script); }) &&
         connection.run(mark.c_str());
}

result<void> write_tables(const std::string& path) {
  auto opened = sqlite_connection::open(path, sqlite_connection::access::read_write);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  const auto mark = fmt::format("PRAGMA application_id = {}", application_id);
  if (!opened->run("PRAGMA synchronous = FULL; PRAGMA auto_vacuum = INCREMENTAL; BEGIN") ||
      !opened->run(mark.c_str()) || !run_scripts(*opened, scripts, 0) ||
      !opened->run("COMMIT; PRAGMA journal_mode = WAL")) {
    return fail(opened->failure("create"));
  }
  opened->checkpoint_on_close();
  return {};
}

}  // namespace

result<void> create_state_file(const std::string& path) {
  remove_drafts(path);  // of a process that was killed: the state is ours alone
  // SQLite gives its -wal and -shm the mode of the file they belong to.
  const auto [draft, descriptor] = make_draft(path);
  if (descriptor < 0) {
    return cannot_create(path);
  }
  ::close(descriptor);
  if (auto written = write_tables(draft); !written) {
    remove_files(draft);
    return written;
  }
  // A WAL must never outlive its file: SQLite would replay it into the next one.
  remove_files(path);
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    const auto failed = cannot_create(path);
    remove_files(draft);
    return failed;
  }
  static_cast<void>(sync_folder_of(path));
  return {};
}

result<void> check_version(const std::string& path, std::uint32_t version) {
  if (version > format_version) {
    return wrong_usage(fmt::format(
        "the state {} was written by a newer version of this program (format {}; version {} knows "
        "up to {}): use that version, or name another state with --state",
        path, version, DDM_VERSION, format_version));
  }
  return {};
}

std::span<const char* const> format_scripts() { return scripts; }

result<std::uint32_t> format_of(sqlite_connection& connection) {
  const auto answer = connection.ask("PRAGMA user_version");
  if (!answer) {
    return fail(answer.error());
  }
  std::uint32_t format = 0;
  std::from_chars(answer->data(), answer->data() + answer->size(), format);
  return format;
}

result<void> upgrade(sqlite_connection& connection, std::span<const char* const> all) {
  if (!connection.run("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")) {
    return fail(connection.failure("upgrade"));
  }
  const auto have = format_of(connection);
  const bool done = have && (*have == all.size() || run_scripts(connection, all, *have)) &&
                    connection.run("COMMIT");
  if (!done) {
    auto failed = have ? connection.failure("upgrade") : have.error();
    std::ignore = connection.run("ROLLBACK");
    return fail(std::move(failed));
  }
  // Other programs look for the format in the file's header, where it is put from the WAL.
  std::ignore = connection.run("PRAGMA wal_checkpoint(TRUNCATE)");
  if (*have < all.size()) {
    log::event(log::level::info, "state_upgraded",
               "the state was of an older version and is kept; that version cannot use it any more",
               {{"state", connection.path()}, {"from_format", *have}, {"to_format", all.size()}});
  }
  return {};
}

error damaged_state(const std::string& path, std::string_view why) {
  return wrong_usage(fmt::format("the state {} is damaged ({}): {}", path, why, damage_remedy))
      .error();
}

result<void> check_integrity(sqlite_connection& connection) {
  const auto answer = connection.ask("PRAGMA quick_check(1)");
  if (!answer) {
    return fail(answer.error());
  }
  if (*answer != "ok") {
    return fail(damaged_state(connection.path(), answer->substr(0, answer->find('\n'))));
  }
  return {};
}

}  // namespace ddm::state
