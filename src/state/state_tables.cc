#include "state/state_tables.h"

#include "state/merged_finding.h"
#include "state/sqlite_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace ddm::state {
namespace {

shard_row to_shard(const statement& row) {
  return {.stream_arn = row.text(0),
          .shard_id = row.text(1),
          .parent_id = row.text(2),
          .life = row.text(3),
          .start = row.text(4),
          .counts_from = row.time(5),
          .last_sequence = row.text(6),
          .resolved_sequence = row.text(7),
          .last_created = row.time(8),
          .caught_up_at = row.time(9),
          .ended_at = row.time(10),
          .last_listed = row.time(11)};
}

deferred_row to_deferred(const statement& row) {
  return {.key_hash = row.text(0),
          .key_json = row.text(1),
          .changes = row.integer(2),
          .since_ms = row.integer(3)};
}

mismatch_row to_mismatch(const statement& row) {
  return {.key_hash = row.text(0),
          .open = row.integer(1) != 0,
          .confirmed_ms = row.integer(2),
          .body = row.text(3)};
}

/// Until they take `rows_bytes_max`. Nothing: it cannot be read.
template <class... Values>
std::optional<std::vector<mismatch_row>> some_of(statement& from, const Values&... values) {
  std::vector<mismatch_row> rows;
  std::size_t bytes = 0;
  const auto take = [&](const statement& row) {
    rows.push_back(to_mismatch(row));
    bytes += rows.back().body.size();
    return bytes < rows_bytes_max;
  };
  return from.each(take, values...) || bytes >= rows_bytes_max ? std::optional(std::move(rows))
                                                               : std::nullopt;
}

/// A GROUP BY would hold all their bodies at once.
bool read_groups(statement& from, std::vector<open_mismatches_row>& groups) {
  std::map<std::tuple<std::string, std::int64_t, std::int64_t>, open_mismatches_row> found;
  const auto take = [&](const statement& row) {
    auto& group = found[{row.text(0), row.integer(1), row.integer(2)}];
    const auto changes = row.integer(3);
    ++group.rows;
    group.without_changes += changes == 0 ? 1 : 0;
    group.changes += changes;
    return true;
  };
  if (!from.each(take)) {
    return false;
  }
  for (auto& [of, group] : found) {
    std::tie(group.kind, group.period, group.comparison_ms) = of;
    groups.push_back(std::move(group));
  }
  return true;
}

candidate_row to_candidate(const statement& row) {
  return {.id = row.integer(0),
          .command = row.text(1),
          .key_hash = row.text(2),
          .key_json = row.text(3),
          .source_held = row.integer(4) != 0};
}

gap_row to_gap(const statement& row) {
  return {.stream_arn = row.text(0),
          .shard_id = row.text(1),
          .after_sequence = row.text(2),
          .noticed = from_ms(row.integer(3)),
          .reason = row.text(4),
          .cured = row.integer(5) != 0};
}

constexpr auto select_gaps =
    "SELECT stream_arn, shard_id, after_sequence, noticed, reason, cured FROM gap ORDER BY id";

std::pair<std::string, std::int64_t> to_number(const statement& row) {
  return {row.text(0), row.integer(1)};
}

std::pair<std::string, std::string> to_value(const statement& row) {
  return {row.text(0), row.text(1)};
}

constexpr auto put_mismatch_sql =
    "INSERT INTO mismatch (key_hash, open, confirmed_ms, body) VALUES (?, ?, ?, ?) ON CONFLICT DO "
    "UPDATE SET open = excluded.open, confirmed_ms = excluded.confirmed_ms, body = excluded.body";

/// 16 MiB.
constexpr std::int64_t free_pages_kept = 4096;
/// 2 MiB a commit, that is up to 7 GB an hour.
constexpr const char* give_back_step = "PRAGMA incremental_vacuum(512)";

}  // namespace

result<state_tables> state_tables::open(sqlite_connection connection) {
  preparation sql(connection);
  statements prepared{
      .put_shard = sql("INSERT OR REPLACE INTO shard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      .forget_shard = sql("DELETE FROM shard WHERE stream_arn = ? AND shard_id = ?"),
      .defer = sql("INSERT INTO deferred VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                   "changes = changes + excluded.changes, "
                   "since_ms = min(since_ms, excluded.since_ms)"),
      .take_deferred = sql("DELETE FROM deferred WHERE key_hash = ?"),
      .put_mismatch = sql(put_mismatch_sql),
      // Lines are never deleted, so the row ids that SQLite gives are 1, 2, 3 …
      .append_finding = sql("INSERT INTO finding (line) VALUES (?)"),
      .append_gap = sql("INSERT INTO gap (stream_arn, shard_id, after_sequence, noticed, reason, "
                        "cured) VALUES (?, ?, ?, ?, ?, ?)"),
      .extend_gap = sql("UPDATE gap SET noticed = max(noticed, ?4) WHERE NOT cured AND "
                        "stream_arn = ?1 AND shard_id = ?2 AND reason = ?3"),
      .append_gap_if_new =
          sql("INSERT INTO gap (stream_arn, shard_id, after_sequence, noticed, reason, cured) "
              "SELECT ?1, ?2, '', ?4, ?3, 0 WHERE NOT EXISTS (SELECT 1 FROM gap WHERE NOT cured "
              "AND stream_arn = ?1 AND shard_id = ?2 AND reason = ?3)"),
      .cure_gaps = sql("UPDATE gap SET cured = 1 WHERE noticed < ?"),
      .forget_pairs = sql("DELETE FROM compared_pair WHERE command = ?"),
      .forget_candidates = sql("DELETE FROM candidate WHERE command = ?"),
      .put_pair = sql("INSERT OR REPLACE INTO compared_pair VALUES (?, ?, ?)"),
      .add_candidate = sql("INSERT INTO candidate (command, key_hash, key_json, source_held) "
                           "VALUES (?, ?, ?, ?)"),
      .close_candidate = sql("DELETE FROM candidate WHERE id = ?"),
      .put_number = sql("INSERT OR REPLACE INTO number VALUES (?, ?)"),
      .raise_number = sql("INSERT INTO number VALUES (?, ?) ON CONFLICT DO UPDATE SET "
                          "value = max(value, excluded.value)"),
      .put_value = sql("INSERT OR REPLACE INTO value VALUES (?, ?)"),
      .put_number_once = sql("INSERT OR IGNORE INTO number VALUES (?, ?)"),
      .put_value_once = sql("INSERT OR IGNORE INTO value VALUES (?, ?)"),
      .read_mark = sql("SELECT mark FROM lineage WHERE id = 1"),
      .put_mark = sql("INSERT OR REPLACE INTO lineage VALUES (1, ?)"),
      .oldest_deferred = sql("SELECT key_hash, key_json, changes, since_ms FROM deferred "
                             "ORDER BY since_ms, key_hash LIMIT ?"),
      .count_deferred = sql("SELECT count(*) FROM deferred"),
      .candidates_after = sql("SELECT id, command, key_hash, key_json, source_held FROM candidate "
                              "WHERE id > ? AND command = ? ORDER BY id LIMIT ?"),
      .find_mismatch =
          sql("SELECT key_hash, open, confirmed_ms, body FROM mismatch WHERE key_hash = ?"),
      .mismatches_by_key = sql("SELECT key_hash, open, confirmed_ms, body FROM mismatch WHERE "
                               "key_hash > ? ORDER BY key_hash LIMIT ?"),
      .open_mismatches = sql("SELECT key_hash, open, confirmed_ms, body FROM mismatch WHERE open "
                             "AND confirmed_ms <= ?1 AND NOT (confirmed_ms = ?1 AND "
                             "key_hash >= ?2) ORDER BY confirmed_ms DESC, key_hash DESC LIMIT ?3"),
      .findings_after = sql("SELECT line FROM finding WHERE number > ? ORDER BY number LIMIT ?"),
  };
  if (sql.failure()) {
    return fail(*sql.failure());
  }
  auto checks = stored_checks::open(connection);
  if (!checks) {
    return fail(std::move(checks.error()));
  }
  return state_tables(std::move(connection), std::move(prepared), *std::move(checks));
}

result<void> state_tables::commit(const commit_batch& batch) {
  if (broken_) {
    return fail(*broken_);
  }
  if (batch.empty()) {
    return {};
  }
  if (!connection_.run("BEGIN IMMEDIATE") || !write(batch) || !write_mark() || !give_back_space() ||
      !connection_.run("COMMIT")) {
    auto failed = failure("commit to");
    checks_.forget();
    const bool rolled_back = !connection_.in_transaction() || connection_.run("ROLLBACK");
    if (rolled_back && failed.code == no_room_code) {
      return fail(std::move(failed));
    }
    broken_ = std::move(failed);
  } else if (connection_.file_is_gone()) {
    broken_ = error{.message = fmt::format("the state {} was deleted or replaced while in use: end "
                                           "what did that, and start again",
                                           connection_.path())};
  }
  return broken_ ? fail(*broken_) : result<void>();
}

error state_tables::failure(std::string_view doing) const {
  return checks_.damaged() ? damaged_state(connection_.path(), "its open checks cannot be read")
                           : connection_.failure(doing);
}

bool state_tables::write(const commit_batch& batch) {
  const auto each = [](const auto& rows, auto run) { return std::ranges::all_of(rows, run); };
  return each(batch.shards,
              [this](const shard_row& row) {
                return sql_.put_shard.run(row.stream_arn, row.shard_id, row.parent_id, row.life,
                                          row.start, row.counts_from, row.last_sequence,
                                          row.resolved_sequence, row.last_created, row.caught_up_at,
                                          row.ended_at, row.last_listed);
              }) &&
         each(batch.shards_forgotten,
              [this](const auto& shard) {
                return sql_.forget_shard.run(shard.first, shard.second);
              }) &&
         checks_.write(batch.checks, batch.checks_closed) &&
         each(batch.deferred_taken,
              [this](const std::string& key) { return sql_.take_deferred.run(blob{key}); }) &&
         each(batch.deferred,
              [this](const deferred_row& row) {
                return sql_.defer.run(blob{row.key_hash}, row.key_json, row.changes, row.since_ms);
              }) &&
         each(batch.mismatches, [this](const mismatch_row& row) { return write_mismatch(row); }) &&
         each(batch.finding_lines,
              [this](const std::string& line) { return sql_.append_finding.run(line); }) &&
         write_gaps(batch) && write_comparison(batch) && write_figures(batch);
}

bool state_tables::write_mismatch(const mismatch_row& row) {
  std::vector<mismatch_row> stored;
  if (!sql_.find_mismatch.read(stored, to_mismatch, blob{row.key_hash})) {
    return false;
  }
  const auto merged = stored.empty() ? std::optional(row) : merged_finding(stored.front(), row);
  return !merged || sql_.put_mismatch.run(blob{merged->key_hash}, std::int64_t{merged->open},
                                          merged->confirmed_ms, blob{merged->body});
}

bool state_tables::write_gaps(const commit_batch& batch) {
  return std::ranges::all_of(batch.gaps,
                             [this](const gap_row& row) {
                               return sql_.append_gap.run(row.stream_arn, row.shard_id,
                                                          row.after_sequence, to_ms(row.noticed),
                                                          row.reason, std::int64_t{row.cured});
                             }) &&
         std::ranges::all_of(batch.gaps_extended, [this](const gap_row& row) {
           const auto noticed = to_ms(row.noticed);
           return sql_.extend_gap.run(row.stream_arn, row.shard_id, row.reason, noticed) &&
                  sql_.append_gap_if_new.run(row.stream_arn, row.shard_id, row.reason, noticed);
         });
}

bool state_tables::write_figures(const commit_batch& batch) {
  const auto each = [](const auto& rows, auto run) { return std::ranges::all_of(rows, run); };
  return each(batch.numbers,
              [this](const auto& entry) {
                return sql_.put_number.run(entry.first, entry.second);
              }) &&
         each(batch.values,
              [this](const auto& entry) {
                return sql_.put_value.run(entry.first, blob{entry.second});
              }) &&
         each(batch.numbers_once,
              [this](const auto& entry) {
                return sql_.put_number_once.run(entry.first, entry.second);
              }) &&
         each(batch.values_once, [this](const auto& entry) {
           return sql_.put_value_once.run(entry.first, blob{entry.second});
         });
}

/// Another process may have made the commit before this one: the file says which it was.
bool state_tables::write_mark() {
  std::vector<std::string> rows;
  if (!sql_.read_mark.read(rows, [](const statement& row) { return row.text(0); })) {
    return false;
  }
  const auto found = rows.empty() ? std::nullopt : lineage_mark::parse(rows.front());
  ++last_.number;
  const auto mark = lineage_mark{.before = found ? found->own : commit_id{}, .own = last_}.bytes();
  return sql_.put_mark.run(blob{mark});
}

/// Free pages at the end of the file go back to the disk, some with each commit: a step that takes
/// long would hold up the reading of the stream. Some stay, for what is written next.
bool state_tables::give_back_space() {
  const auto number = [this](const char* pragma) {
    const auto answer = connection_.ask(pragma);
    std::int64_t value = 0;
    if (answer) {
      std::from_chars(answer->data(), answer->data() + answer->size(), value);
    }
    return value;
  };
  const auto free_pages = number("PRAGMA freelist_count");
  if (free_pages < free_pages_kept || free_pages * 4 < number("PRAGMA page_count")) {
    return true;
  }
  // Nothing happens in a file that an older version made: it has no map of its pages.
  return connection_.run(give_back_step);
}

bool state_tables::write_comparison(const commit_batch& batch) {
  const auto each = [](const auto& rows, auto run) { return std::ranges::all_of(rows, run); };
  if (batch.comparison_begun && (!sql_.forget_pairs.run(*batch.comparison_begun) ||
                                 !sql_.forget_candidates.run(*batch.comparison_begun))) {
    return false;
  }
  return each(batch.pairs,
              [this](const pair_row& row) {
                return sql_.put_pair.run(row.command, row.segment, row.attempt);
              }) &&
         each(batch.candidates,
              [this](const candidate_row& row) {
                return sql_.add_candidate.run(row.command, blob{row.key_hash}, row.key_json,
                                              std::int64_t{row.source_held});
              }) &&
         each(batch.candidates_closed,
              [this](std::int64_t id) { return sql_.close_candidate.run(id); }) &&
         (!batch.gaps_cured_before || cure_gaps(to_ms(*batch.gaps_cured_before)));
}

bool state_tables::cure_gaps(std::int64_t before_ms) {
  return sql_.cure_gaps.run(before_ms) &&
         sql_.raise_number.run(std::string(gaps_cured_before_name), before_ms);
}

result<snapshot> state_tables::load(std::size_t open_mismatches_max) {
  // One read transaction: a commit of another process must not fall between two tables.
  if (!connection_.run("BEGIN")) {
    return fail(connection_.failure("read"));
  }
  auto loaded = read_snapshot(open_mismatches_max);
  std::ignore = connection_.run("COMMIT");
  return loaded;
}

result<news> state_tables::news_of(const std::vector<std::string>& prefixes) {
  if (!connection_.run("BEGIN")) {
    return fail(connection_.failure("read"));
  }
  auto read = read_news(prefixes);
  std::ignore = connection_.run("COMMIT");
  return read;
}

result<news> state_tables::read_news(const std::vector<std::string>& prefixes) {
  preparation sql(connection_);
  auto gaps = sql(select_gaps);
  auto numbers = sql("SELECT name, value FROM number WHERE substr(name, 1, length(?1)) = ?1");
  auto values = sql("SELECT name, value FROM value WHERE substr(name, 1, length(?1)) = ?1");
  if (sql.failure()) {
    return fail(*sql.failure());
  }
  news found;
  std::vector<std::pair<std::string, std::int64_t>> number_rows;
  std::vector<std::pair<std::string, std::string>> value_rows;
  const auto read_both = [&](const std::string& prefix) {
    return numbers.read(number_rows, to_number, prefix) &&
           values.read(value_rows, to_value, prefix);
  };
  if (!gaps.read(found.gaps, to_gap) || !std::ranges::all_of(prefixes, read_both)) {
    return fail(connection_.failure("read"));
  }
  found.numbers.insert(number_rows.begin(), number_rows.end());
  found.values.insert(value_rows.begin(), value_rows.end());
  return found;
}

result<snapshot> state_tables::read_snapshot(std::size_t open_mismatches_max) {
  preparation sql(connection_);
  auto shards = sql("SELECT * FROM shard ORDER BY stream_arn, shard_id");
  auto mismatches =
      sql("SELECT key_hash, open, confirmed_ms, body FROM mismatch WHERE open "
          "ORDER BY confirmed_ms DESC, id DESC LIMIT ?");
  auto gaps = sql(select_gaps);
  auto pairs = sql("SELECT command, segment, attempt FROM compared_pair");
  auto numbers = sql("SELECT name, value FROM number");
  auto values = sql("SELECT name, value FROM value");
  auto sums =
      sql("SELECT (SELECT coalesce(sum(changes), 0) FROM deferred), "
          "(SELECT coalesce(max(number), 0) FROM finding), "
          "(SELECT count(*) FROM mismatch WHERE open), (SELECT count(*) FROM deferred)");
  auto kinds = sql(
      "SELECT json_extract(text, '$.kind'), "
      // Versions that did not keep the period had begun no second one.
      "coalesce(json_extract(text, '$.period'), json_extract(text, '$.changes') > 0, 0), "
      "coalesce(json_extract(text, '$.comparison_ms'), 0), json_extract(text, '$.changes') "
      "FROM (SELECT CAST(body AS TEXT) AS text FROM mismatch WHERE open) WHERE json_valid(text)");
  if (sql.failure()) {
    return fail(*sql.failure());
  }
  snapshot state;
  std::vector<std::pair<std::string, std::int64_t>> number_rows;
  std::vector<std::pair<std::string, std::string>> value_rows;
  std::vector<std::array<std::int64_t, 4>> sum_rows;
  const auto limit = static_cast<std::int64_t>(open_mismatches_max);
  const bool complete =
      shards.read(state.shards, to_shard) && checks_.read(state.checks) &&
      mismatches.read(state.open_mismatches, to_mismatch, limit) && gaps.read(state.gaps, to_gap) &&
      pairs.read(state.pairs,
                 [](const statement& row) {
                   return pair_row{row.text(0), row.integer(1), row.integer(2)};
                 }) &&
      numbers.read(number_rows, to_number) && values.read(value_rows, to_value) &&
      read_groups(kinds, state.open_mismatches_by_kind) &&
      sums.read(sum_rows, [](const statement& row) {
        return std::array{row.integer(0), row.integer(1), row.integer(2), row.integer(3)};
      });
  if (!complete) {
    return fail(failure("read"));
  }
  state.numbers.insert(number_rows.begin(), number_rows.end());
  state.values.insert(value_rows.begin(), value_rows.end());
  state.deferred_changes = sum_rows.front()[0];
  state.finding_lines = sum_rows.front()[1];
  state.open_mismatches_total = sum_rows.front()[2];
  state.deferred_rows = sum_rows.front()[3];
  return state;
}

result<std::vector<deferred_row>> state_tables::oldest_deferred(std::size_t rows_max) {
  std::vector<deferred_row> rows;
  if (!sql_.oldest_deferred.read(rows, to_deferred, static_cast<std::int64_t>(rows_max))) {
    return fail(connection_.failure("read"));
  }
  return rows;
}

result<std::int64_t> state_tables::count_deferred() {
  std::vector<std::int64_t> rows;
  if (!sql_.count_deferred.read(rows, [](const statement& row) { return row.integer(0); })) {
    return fail(connection_.failure("read"));
  }
  return rows.front();
}

result<std::vector<candidate_row>> state_tables::candidates(const std::string& command,
                                                            std::int64_t after,
                                                            std::size_t rows_max) {
  std::vector<candidate_row> rows;
  if (!sql_.candidates_after.read(rows, to_candidate, after, command,
                                  static_cast<std::int64_t>(rows_max))) {
    return fail(connection_.failure("read"));
  }
  return rows;
}

result<std::optional<mismatch_row>> state_tables::find_mismatch(const std::string& key_hash) {
  std::vector<mismatch_row> rows;
  if (!sql_.find_mismatch.read(rows, to_mismatch, blob{key_hash})) {
    return fail(connection_.failure("read"));
  }
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

result<shard_page> state_tables::newest_shards(const std::string& stream_arn,
                                               std::size_t rows_max) {
  preparation sql(connection_);
  auto newest = sql("SELECT * FROM shard WHERE stream_arn = ? ORDER BY shard_id DESC LIMIT ?");
  auto all = sql("SELECT count(*) FROM shard WHERE stream_arn = ?");
  if (sql.failure()) {
    return fail(*sql.failure());
  }
  shard_page page;
  std::vector<std::int64_t> counts;
  const auto limit = static_cast<std::int64_t>(rows_max);
  if (!newest.read(page.rows, to_shard, stream_arn, limit) ||
      !all.read(counts, [](const statement& row) { return row.integer(0); }, stream_arn)) {
    return fail(connection_.failure("read"));
  }
  page.total = counts.front();
  return page;
}

result<std::vector<mismatch_row>> state_tables::mismatches_by_key(const std::string& after,
                                                                  std::size_t rows_max) {
  auto rows = some_of(sql_.mismatches_by_key, blob{after}, static_cast<std::int64_t>(rows_max));
  return rows ? result<std::vector<mismatch_row>>(*std::move(rows))
              : fail(connection_.failure("read"));
}

result<std::vector<mismatch_row>> state_tables::open_mismatches(
    const std::optional<mismatch_row>& last, std::size_t rows_max) {
  const auto before_ms = last ? last->confirmed_ms : std::numeric_limits<std::int64_t>::max();
  const auto before_key = last ? last->key_hash : std::string();
  auto rows = some_of(sql_.open_mismatches, before_ms, blob{before_key},
                      static_cast<std::int64_t>(rows_max));
  return rows ? result<std::vector<mismatch_row>>(*std::move(rows))
              : fail(connection_.failure("read"));
}

result<bool> state_tables::renew_findings(const state_store::line_of_row& line_of,
                                          const std::function<bool()>& may_begin) {
  if (broken_) {
    return fail(*broken_);
  }
  if (!connection_.run("BEGIN IMMEDIATE")) {
    return fail(connection_.failure("commit to"));
  }
  // Who comes from now on waits for this transaction with its first commit.
  auto begun = may_begin() ? begin_lines_anew(line_of) : result<bool>(false);
  if (begun && *begun && (!write_mark() || !connection_.run("COMMIT"))) {
    begun = fail(connection_.failure("commit to"));
  }
  if (connection_.in_transaction()) {
    std::ignore = connection_.run("ROLLBACK");
  }
  return begun;
}

/// No table is dropped: that could move the row that tells a WAL's history (wal_lineage).
result<bool> state_tables::begin_lines_anew(const state_store::line_of_row& line_of) {
  const auto forget = fmt::format(
      "INSERT OR REPLACE INTO value SELECT '{}', CAST(number || ':' || line AS BLOB) FROM finding "
      "ORDER BY number DESC LIMIT 1; "
      "DELETE FROM finding; DELETE FROM mismatch WHERE NOT open",
      lines_before_name);
  auto open = connection_.prepare(
      "SELECT key_hash, open, confirmed_ms, body FROM mismatch WHERE open "
      "ORDER BY confirmed_ms, id");
  if (!open || !connection_.run(forget.c_str())) {
    return fail(connection_.failure("commit to"));
  }
  std::optional<error> failure;
  const bool read = open->each([&](const statement& row) {
    auto line = line_of(to_mismatch(row));
    if (!line) {
      failure = std::move(line.error());
    } else if (!sql_.append_finding.run(*line)) {
      failure = connection_.failure("commit to");
    }
    return !failure;
  });
  if (failure || !read) {
    return fail(failure ? *failure : connection_.failure("read"));
  }
  return true;
}

result<std::vector<std::string>> state_tables::finding_lines(std::int64_t after,
                                                             std::size_t lines_max) {
  std::vector<std::string> lines;
  if (!sql_.findings_after.read(
          lines, [](const statement& row) { return row.text(0); }, after,
          static_cast<std::int64_t>(lines_max))) {
    return fail(connection_.failure("read"));
  }
  return lines;
}

}  // namespace ddm::state
