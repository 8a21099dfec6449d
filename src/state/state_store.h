// How what survives the process is written.
//
// Problem: after a kill at any instruction, the counters, the open checks and the positions in the
// stream must be those of one moment, or changes are lost or counted twice.
// Idea: the engine hands over everything that changed as one `commit_batch`, collected between two
// steps of the control thread; the store writes it in one transaction, and nothing otherwise.
// Reason: consistency then needs no thought at the place where a counter is raised.
//
// The store knows no monitor logic: checks and statistics are opaque bytes or named numbers to it.
#pragma once

#include "base/error.h"
#include "runtime/asio.h"
#include "state/rows.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::state {

/// The disk is full, or a quota or file size limit is reached.
inline constexpr std::string_view no_room_code = "NoRoom";

/// Of mismatches that are read at once: those that are large come fewer at a time, the last one
/// beyond this.
inline constexpr std::size_t rows_bytes_max = std::size_t{4} << 20;

class state_store {
 public:
  state_store() = default;
  state_store(const state_store&) = delete;
  state_store& operator=(const state_store&) = delete;
  virtual ~state_store() = default;

  /// All of it or nothing. Errors are fatal: there is no room, the file is damaged, gone or locked.
  [[nodiscard]] virtual awaitable<result<void>> commit(commit_batch batch) = 0;
  /// Whether commits wait for room where the disk is full (not at first), and all that is asked for
  /// later with them, as on a disk that is slow. False ends what waits just now.
  virtual void let_commits_wait(bool /*wait*/) {}
  /// Why one waits; empty: none does.
  [[nodiscard]] virtual std::string waits_for_room() const { return {}; }
  [[nodiscard]] virtual awaitable<result<snapshot>> load(std::size_t open_mismatches_max) = 0;
  /// The oldest deferred rows, at most `rows_max`; they stay until `deferred_taken` names them.
  [[nodiscard]] virtual awaitable<result<std::vector<deferred_row>>> oldest_deferred(
      std::size_t rows_max) = 0;
  /// How many there are; reads an entry of an index for each.
  [[nodiscard]] virtual awaitable<result<std::int64_t>> count_deferred() = 0;
  /// A command's candidates with ids above `after`, ascending, at most `rows_max`.
  [[nodiscard]] virtual awaitable<result<std::vector<candidate_row>>> candidates(
      std::string command, std::int64_t after, std::size_t rows_max) = 0;
  [[nodiscard]] virtual awaitable<result<std::optional<mismatch_row>>> find_mismatch(
      std::string key_hash) = 0;
  /// Open mismatches, newest first, that come after `last` in this order (nothing: from the newest
  /// on), at most `rows_max` and about `rows_bytes_max`. None: there are no more.
  [[nodiscard]] virtual awaitable<result<std::vector<mismatch_row>>> open_mismatches(
      std::optional<mismatch_row> last, std::size_t rows_max) = 0;
  /// Mismatches, open and healed, of keys whose hashes come after `after` ("": the first on), in
  /// the order of the hashes, as many as of the open ones.
  [[nodiscard]] virtual awaitable<result<std::vector<mismatch_row>>> mismatches_by_key(
      std::string after, std::size_t rows_max) = 0;
  /// Forgets the mismatches that are not open, and begins the finding lines anew with one for each
  /// that is, oldest first. The value `lines_before_name` then tells what lines there were. False,
  /// and nothing is changed, while another command uses the state. May take a minute.
  using line_of_row = std::function<result<std::string>(const mismatch_row&)>;
  [[nodiscard]] virtual awaitable<result<bool>> renew_findings(line_of_row line_of) = 0;
  /// Committed finding lines number `after` + 1 and following, at most `lines_max`.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> finding_lines(
      std::int64_t after, std::size_t lines_max) = 0;
  /// By the shards' ids, of which a newer one has the higher; at most `rows_max`.
  [[nodiscard]] virtual awaitable<result<shard_page>> newest_shards(std::string stream_arn,
                                                                    std::size_t rows_max) = 0;
  /// Of one moment: the gaps, and the numbers and values whose names begin with one of `prefixes`.
  [[nodiscard]] virtual awaitable<result<news>> news_of(std::vector<std::string> prefixes) = 0;
};

}  // namespace ddm::state
