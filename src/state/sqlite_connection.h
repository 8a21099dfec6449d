// SQLite's C interface with owners, types and the project's errors; nothing about monitoring.
#pragma once

#include "base/error.h"
#include "base/time.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::state {

/// What to do about a damaged file, as the end of a sentence.
inline constexpr std::string_view damage_remedy =
    "put back a copy of it (with the -wal file that was copied with it; without one, move the -wal "
    "file that lies there away), or begin anew with `monitor --fresh` (what it knew is lost then)";

/// Bytes that are bound as BLOB; a plain std::string is bound as TEXT.
struct blob {
  const std::string& bytes;
};

/// A prepared statement. A function that returns false leaves its reason in the connection
/// (sqlite_connection::failure). Bound strings must live until the statement is reset.
class statement {
 public:
  statement() = default;

  /// Runs to the end; for statements without rows.
  template <class... Values>
  [[nodiscard]] bool run(const Values&... values) {
    const bool done = bind_all(values...) && sqlite3_step(handle_.get()) == SQLITE_DONE;
    sqlite3_reset(handle_.get());
    return done;
  }

  /// Appends `convert(*this)` to `rows` for each row.
  template <class Row, class Convert, class... Values>
  [[nodiscard]] bool read(std::vector<Row>& rows, Convert convert, const Values&... values) {
    return each(
        [&](const statement& row) {
          rows.push_back(convert(row));
          return true;
        },
        values...);
  }

  /// Calls `take(*this)` with each row until that says no.
  template <class Take, class... Values>
  [[nodiscard]] bool each(Take take, const Values&... values) {
    int code = bind_all(values...) ? sqlite3_step(handle_.get()) : SQLITE_ERROR;
    while (code == SQLITE_ROW && take(*this)) {
      code = sqlite3_step(handle_.get());
    }
    sqlite3_reset(handle_.get());
    return code == SQLITE_DONE;
  }

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;  ///< TEXT or BLOB, embedded zeros kept
  [[nodiscard]] std::optional<wall_time> time(int column) const;

 private:
  friend class sqlite_connection;
  explicit statement(sqlite3_stmt* handle) : handle_(handle) {}

  template <class... Values>
  bool bind_all(const Values&... values) {
    [[maybe_unused]] int parameter = 0;
    return (bind(++parameter, values) && ...);
  }
  bool bind(int parameter, std::int64_t value);
  bool bind(int parameter, const std::string& text);
  bool bind(int parameter, blob value);
  bool bind(int parameter, const std::optional<wall_time>& time);

  struct finalizer {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// One connection, used by one thread at a time.
class sqlite_connection {
 public:
  enum class access {
    read_only,
    read_write,
  };
  /// Opens an existing file.
  [[nodiscard]] static result<sqlite_connection> open(const std::string& path, access mode);

  [[nodiscard]] bool run(const char* sql);
  /// The first column of the first row.
  [[nodiscard]] result<std::string> ask(const char* sql);
  [[nodiscard]] result<statement> prepare(const char* sql);

  /// Until it is called, closing leaves the file and its WAL as they are.
  void checkpoint_on_close();
  /// The file was deleted or replaced while it is open: what is written now is lost.
  [[nodiscard]] bool file_is_gone();
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

  /// The error of the last call that failed, with what the user can do about it. `doing` completes
  /// "cannot …": "commit to".
  [[nodiscard]] error failure(std::string_view doing) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  sqlite_connection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  std::unique_ptr<sqlite3, closer> handle_;
};

/// Prepares statements until one fails, and keeps that failure.
class preparation {
 public:
  explicit preparation(sqlite_connection& connection) : connection_(connection) {}

  statement operator()(const char* sql) {
    auto prepared = failure_ ? fail(*failure_) : connection_.prepare(sql);
    if (!prepared) {
      failure_ = std::move(prepared.error());
      return statement();
    }
    return *std::move(prepared);
  }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

 private:
  sqlite_connection& connection_;
  std::optional<error> failure_;
};

}  // namespace ddm::state
