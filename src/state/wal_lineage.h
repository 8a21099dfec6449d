// Whether a state and the write-ahead log beside it are of one history.
//
// Problem: SQLite replays a WAL into whatever database lies beside it. After a kill -9, an older
// copy of the state that is put back next to the newer one's "-wal" becomes a mixture of both: its
// pages are sound, and what they say is false.
// Idea: every commit has an identity, the writer's random run id and a number, and writes it with
// that of the commit before it into one row. SQLite begins a WAL anew only when everything before
// is in the database file. So the file belongs to the WAL if and only if it was left by a commit
// that stands in the WAL, or by the one just before the WAL's first.
// Reason: the rule holds whoever makes a checkpoint and when, and a kill between any two steps
// cannot break it, as nothing is to be done at a checkpoint. (docs/decisions/0011)
#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::state {

/// A commit: which process made it, and its number there. All zeros: none.
struct commit_id {
  std::array<unsigned char, 16> run{};
  std::uint64_t number = 0;
  bool operator==(const commit_id&) const = default;
};

/// A run id that no other process has.
[[nodiscard]] commit_id begin_run();

/// The content of the row.
struct lineage_mark {
  commit_id before;  ///< the commit before this one
  commit_id own;
  bool operator==(const lineage_mark&) const = default;

  [[nodiscard]] std::string bytes() const;
  [[nodiscard]] static std::optional<lineage_mark> parse(std::string_view bytes);
};

/// The first format with the row.
inline constexpr std::uint32_t lineage_format = 3;
/// The script of the format that brought the row: SQLite's own random bytes are its first commit,
/// so that two new states differ.
inline constexpr const char* lineage_script = R"(
  CREATE TABLE lineage (id INTEGER PRIMARY KEY, mark BLOB NOT NULL) STRICT;
  INSERT INTO lineage VALUES (1, CAST(CAST('ddmm lineage 001' AS BLOB) || zeroblob(24) ||
                                      randomblob(24) AS BLOB));
)";

/// An error that says what to copy when the WAL beside the state is not its own. Reads both files
/// and changes neither; other processes may commit and make checkpoints meanwhile.
[[nodiscard]] result<void> check_wal_belongs(const std::string& path);

}  // namespace ddm::state
