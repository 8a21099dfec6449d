#include "state/sqlite_connection.h"

#include "base/private_file.h"
#include "state/state_store.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ddm::state {
namespace {

/// `monitor`, `compare` and `repair` may write to one state: each waits this long for the other.
constexpr int busy_timeout_ms = 30'000;

/// A file that somebody else made runs nothing of its own: no trigger, no view, no function from
/// its schema, and no SQL damages it (https://www.sqlite.org/security.html). Before the first
/// statement, as that reads the schema.
constexpr std::array<std::pair<int, int>, 5> settings_of_connection{
    {{SQLITE_DBCONFIG_DEFENSIVE, 1},
     {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
     {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
     {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
     {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}}};

/// SQLite reports a full disk as FULL, a quota or file size limit as a failed write; so it does
/// what a dying disk or one that became read-only answers, where the system's reason may tell.
bool has_no_room(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  const int reason = sqlite3_system_errno(handle);
  return (code & 0xff) == SQLITE_FULL ||
         (code == SQLITE_IOERR_WRITE && reason != EIO && reason != EROFS);
}

constexpr std::string_view no_room =
    "the disk is full, or a quota or file size limit is reached: make room; everything committed "
    "before is kept";

/// A place where it may not be opened; whoever has it open already has lost it by a failure.
bool is_wrong_place(sqlite3* handle, std::string_view doing) {
  const int code = sqlite3_extended_errcode(handle);
  const int basic = code & 0xff;
  const bool is_refused =
      basic == SQLITE_READONLY || basic == SQLITE_PERM || basic == SQLITE_CANTOPEN;
  return doing != "commit to" && is_refused && code != SQLITE_READONLY_DBMOVED &&
         (code == SQLITE_READONLY_DIRECTORY || ddm::is_wrong_place(sqlite3_system_errno(handle)));
}

std::string reason_and_remedy(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  if (has_no_room(handle)) {
    return std::string(no_room);
  }
  switch (code & 0xff) {
    case SQLITE_IOERR:
      return fmt::format("{}: check the disk and start again", sqlite3_errstr(code));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fmt::format("the file is damaged: {}", damage_remedy);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("another process has kept it locked for {} s: end that process",
                         busy_timeout_ms / 1000);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return "no permission, or its directory is gone or read-only: run as the owner of the file, "
             "or choose another place with --state";
    default:
      return fmt::format("{} ({})", sqlite3_errmsg(handle), sqlite3_errstr(code));
  }
}

}  // namespace

std::int64_t statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::optional<wall_time> statement::time(int column) const {
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) {
    return std::nullopt;
  }
  return from_ms(integer(column));
}

bool statement::bind(int parameter, std::int64_t value) {
  return sqlite3_bind_int64(handle_.get(), parameter, value) == SQLITE_OK;
}

bool statement::bind(int parameter, const std::string& text) {
  return sqlite3_bind_text64(handle_.get(), parameter, text.data(), text.size(), SQLITE_STATIC,
                             SQLITE_UTF8) == SQLITE_OK;
}

bool statement::bind(int parameter, blob value) {
  return sqlite3_bind_blob64(handle_.get(), parameter, value.bytes.data(), value.bytes.size(),
                             SQLITE_STATIC) == SQLITE_OK;
}

bool statement::bind(int parameter, const std::optional<wall_time>& time) {
  return time ? bind(parameter, to_ms(*time))
              : sqlite3_bind_null(handle_.get(), parameter) == SQLITE_OK;
}

result<sqlite_connection> sqlite_connection::open(const std::string& path, access mode) {
  sqlite3* handle = nullptr;
  const int flags = (mode == access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE |
                    SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  sqlite_connection connection(path, handle);
  if (code != SQLITE_OK) {
    return fail(connection.failure("open"));
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  for (const auto& [setting, value] : settings_of_connection) {
    if (sqlite3_db_config(handle, setting, value, nullptr) != SQLITE_OK) {
      return fail(connection.failure("open"));
    }
  }
  return connection;
}

bool sqlite_connection::run(const char* sql) {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

result<std::string> sqlite_connection::ask(const char* sql) {
  auto query = prepare(sql);
  if (!query) {
    return fail(std::move(query.error()));
  }
  std::vector<std::string> rows;
  if (!query->read(rows, [](const statement& row) { return row.text(0); }) || rows.empty()) {
    return fail(failure("read"));
  }
  return std::move(rows.front());
}

result<statement> sqlite_connection::prepare(const char* sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr) !=
      SQLITE_OK) {
    return fail(failure("read"));
  }
  return statement(handle);
}

void sqlite_connection::checkpoint_on_close() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

bool sqlite_connection::file_is_gone() {
  int moved = 0;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

error sqlite_connection::failure(std::string_view doing) const {
  return {
      .kind = is_wrong_place(handle_.get(), doing) ? error_class::wrong_usage : error_class::fatal,
      .code = has_no_room(handle_.get()) ? std::string(no_room_code) : std::string(),
      .message = fmt::format("cannot {} the state {}: {}", doing, path_,
                             reason_and_remedy(handle_.get()))};
}

}  // namespace ddm::state
