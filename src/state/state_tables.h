// The rows of the state, written and read without waiting for anything but the disk.
#pragma once

#include "state/sqlite_connection.h"
#include "state/state_store.h"
#include "state/stored_checks.h"
#include "state/wal_lineage.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::state {

class state_tables {
 public:
  [[nodiscard]] static result<state_tables> open(sqlite_connection connection);

  /// One transaction. After a failure every further commit fails with the same error: a later part
  /// of the history without an earlier one would be worse than none. After one of code
  /// `no_room_code` the same may be tried again, or it is broken off.
  [[nodiscard]] result<void> commit(const commit_batch& batch);
  void break_off(const error& failure) { broken_ = failure; }
  [[nodiscard]] result<snapshot> load(std::size_t open_mismatches_max);
  [[nodiscard]] result<std::vector<deferred_row>> oldest_deferred(std::size_t rows_max);
  [[nodiscard]] result<std::int64_t> count_deferred();
  [[nodiscard]] result<std::vector<candidate_row>> candidates(const std::string& command,
                                                              std::int64_t after,
                                                              std::size_t rows_max);
  [[nodiscard]] result<std::optional<mismatch_row>> find_mismatch(const std::string& key_hash);
  [[nodiscard]] result<std::vector<mismatch_row>> mismatches_by_key(const std::string& after,
                                                                    std::size_t rows_max);
  [[nodiscard]] result<std::vector<mismatch_row>> open_mismatches(
      const std::optional<mismatch_row>& last, std::size_t rows_max);
  [[nodiscard]] result<shard_page> newest_shards(const std::string& stream_arn,
                                                 std::size_t rows_max);
  /// False if `may_begin`, asked while nobody else can write, says so.
  [[nodiscard]] result<bool> renew_findings(const state_store::line_of_row& line_of,
                                            const std::function<bool()>& may_begin);
  [[nodiscard]] result<std::vector<std::string>> finding_lines(std::int64_t after,
                                                               std::size_t lines_max);
  [[nodiscard]] result<news> news_of(const std::vector<std::string>& prefixes);

 private:
  /// Prepared once: 100,000 rows a second are written through them.
  struct statements {
    statement put_shard;
    statement forget_shard;
    statement defer;
    statement take_deferred;
    statement put_mismatch;
    statement append_finding;
    statement append_gap;
    statement extend_gap;
    statement append_gap_if_new;
    statement cure_gaps;
    statement forget_pairs;
    statement forget_candidates;
    statement put_pair;
    statement add_candidate;
    statement close_candidate;
    statement put_number;
    statement raise_number;
    statement put_value;
    statement put_number_once;
    statement put_value_once;
    statement read_mark;
    statement put_mark;
    statement oldest_deferred;
    statement count_deferred;
    statement candidates_after;
    statement find_mismatch;
    statement mismatches_by_key;
    statement open_mismatches;
    statement findings_after;
  };
  state_tables(sqlite_connection connection, statements prepared, stored_checks checks)
      : connection_(std::move(connection)), sql_(std::move(prepared)), checks_(std::move(checks)) {}

  [[nodiscard]] bool write(const commit_batch& batch);
  [[nodiscard]] error failure(std::string_view doing) const;
  [[nodiscard]] bool write_mark();
  [[nodiscard]] bool give_back_space();
  [[nodiscard]] result<bool> begin_lines_anew(const state_store::line_of_row& line_of);
  [[nodiscard]] bool write_comparison(const commit_batch& batch);
  [[nodiscard]] bool cure_gaps(std::int64_t before_ms);
  [[nodiscard]] result<news> read_news(const std::vector<std::string>& prefixes);
  [[nodiscard]] bool write_mismatch(const mismatch_row& row);
  [[nodiscard]] bool write_gaps(const commit_batch& batch);
  [[nodiscard]] bool write_figures(const commit_batch& batch);
  [[nodiscard]] result<snapshot> read_snapshot(std::size_t open_mismatches_max);

  sqlite_connection connection_;
  statements sql_;
  stored_checks checks_;
  commit_id last_ = begin_run();
  std::optional<error> broken_;
};

}  // namespace ddm::state
