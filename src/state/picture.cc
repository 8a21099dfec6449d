#include "state/picture.h"

#include "base/private_file.h"
#include "state/sqlite_connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ddm::state {
namespace {

struct closer {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using database = std::unique_ptr<sqlite3, closer>;

database open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  return database(handle);
}

std::unexpected<error> failed(std::string_view doing, const std::string& path, sqlite3* handle) {
  return fatal(fmt::format("cannot {} {}: {}", doing, path,
                           handle == nullptr ? "no memory" : sqlite3_errmsg(handle)));
}

template <class Value, class Row>
result<std::map<std::string, Value>> named_in(const std::string& picture, const char* select,
                                              const std::string& prefix, const Row& of_row) {
  auto connection = sqlite_connection::open(picture, sqlite_connection::access::read_only);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  auto query = connection->prepare(select);
  std::vector<std::pair<std::string, Value>> rows;
  if (!query || !query->read(rows, of_row, prefix)) {
    return fail(connection->failure("read"));
  }
  return std::map<std::string, Value>(rows.begin(), rows.end());
}

}  // namespace

void remove_picture(const std::string& picture) {
  for (const auto* end : {"", "-wal", "-shm"}) {
    ::unlink((picture + end).c_str());
  }
}

result<void> take_picture(const std::string& path, const std::string& picture) {
  // SQLite would make it readable for all, and would keep what an earlier picture had more.
  remove_picture(picture);
  const int made = open_private(picture, O_RDWR | O_CREAT | O_EXCL);
  if (made < 0) {
    return fatal(fmt::format("cannot create {}: {}", picture, std::strerror(errno)));
  }
  ::close(made);
  const auto from = open(path, SQLITE_OPEN_READONLY);
  const auto to = open(picture, SQLITE_OPEN_READWRITE);
  // The picture is copied on at once, and made anew after a crash: it needs no journal and no sync.
  if (!to || sqlite3_exec(to.get(), "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF", nullptr,
                          nullptr, nullptr) != SQLITE_OK) {
    return failed("write", picture, to.get());
  }
  auto* backup = from ? sqlite3_backup_init(to.get(), "main", from.get(), "main") : nullptr;
  if (backup == nullptr) {
    return failed("read", path, from ? to.get() : nullptr);
  }
  constexpr int all_pages = -1;
  const int code = sqlite3_backup_step(backup, all_pages);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) {
    return fatal(fmt::format("cannot copy {} to {}: {}", path, picture, sqlite3_errstr(code)));
  }
  return {};
}

result<void> forget_reading(const std::string& path) {
  const auto at = open(path, SQLITE_OPEN_READWRITE);
  constexpr auto forget =
      "BEGIN IMMEDIATE; DELETE FROM shard; DELETE FROM check_block; DELETE FROM deferred; COMMIT; "
      // VACUUM would move the row that tells a WAL's history (wal_lineage).
      "PRAGMA incremental_vacuum";
  if (!at || sqlite3_exec(at.get(), forget, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failed("make smaller", path, at.get());
  }
  return {};
}

result<std::map<std::string, std::int64_t>> numbers_in(const std::string& picture,
                                                       const std::string& prefix) {
  return named_in<std::int64_t>(
      picture, "SELECT name, value FROM number WHERE substr(name, 1, length(?1)) = ?1", prefix,
      [](const statement& row) { return std::pair(row.text(0), row.integer(1)); });
}

result<std::map<std::string, std::string>> values_in(const std::string& picture,
                                                     const std::string& prefix) {
  return named_in<std::string>(
      picture, "SELECT name, value FROM value WHERE substr(name, 1, length(?1)) = ?1", prefix,
      [](const statement& row) { return std::pair(row.text(0), row.text(1)); });
}

}  // namespace ddm::state
