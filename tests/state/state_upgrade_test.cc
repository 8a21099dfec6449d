// A state of an older version goes on under a newer one, whole or not at all.
#include "state/sqlite_schema.h"
#include "state/state_file.h"
#include "state/store_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace ddm::state {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// A file as version 2.0.0 wrote it. Frozen: it stands for the files that users have.
constexpr const char* a_file_of_format_1 = R"(
  PRAGMA application_id = 0x44444D4D;
  PRAGMA user_version = 1;
  PRAGMA journal_mode = WAL;
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

  INSERT INTO shard VALUES ('arn', 'shard-1', '', 'reading', 'LATEST', 5, '100', '90', 7, 8, NULL, 9);
  INSERT INTO open_check VALUES (3, x'0102');
  INSERT INTO deferred VALUES (x'00112233445566778899aabbccddeeff', '{"pk":{"S":"a"}}', 4, 10);
  INSERT INTO mismatch VALUES (1, x'ffeeddccbbaa99887766554433221100', 1, 11, x'03');
  INSERT INTO finding VALUES (1, '{"line":1}'), (2, '{"line":2}');
  INSERT INTO gap VALUES (1, 'arn', 'shard-0', '50', 12, 'trimmed', 0);
  INSERT INTO number VALUES ('events.total', 1234);
  INSERT INTO value VALUES ('seed', x'00ff');
)";

sqlite_connection connect(const std::string& path) {
  return sqlite_connection::open(path, sqlite_connection::access::read_write).value();
}

std::string tables_of(const std::string& path) {
  return connect(path)
      .ask(
          "SELECT group_concat(sql, char(10)) FROM "
          "(SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name)")
      .value();
}

TEST(state_upgrade, a_state_of_format_1_goes_on_with_all_it_knew) {
  const temporary_directory place;
  const auto path = place / "s.db";
  run_sql(path, a_file_of_format_1);
  {
    const auto store = must_open(path);
    const auto known = complete(store->load(10)).value();
    ASSERT_THAT(known.shards, SizeIs(1));
    EXPECT_EQ(known.shards[0].last_sequence, "100");
    EXPECT_EQ(known.shards[0].resolved_sequence, "90");
    EXPECT_EQ(known.shards[0].counts_from, from_ms(5));
    EXPECT_FALSE(known.shards[0].ended_at);
    ASSERT_THAT(known.checks, SizeIs(1));
    EXPECT_EQ(known.checks[0].body, "\x01\x02");
    EXPECT_EQ(known.deferred_changes, 4);
    ASSERT_THAT(known.open_mismatches, SizeIs(1));
    EXPECT_EQ(known.open_mismatches[0].confirmed_ms, 11);
    ASSERT_THAT(known.gaps, SizeIs(1));
    EXPECT_EQ(known.gaps[0].after_sequence, "50");
    EXPECT_EQ(known.numbers.at("events.total"), 1234);
    EXPECT_EQ(known.values.at("seed"), std::string("\0\xff", 2));
    EXPECT_THAT(complete(store->finding_lines(0, 10)).value(),
                ElementsAre(R"({"line":1})", R"({"line":2})"));
    ASSERT_TRUE(complete(
        store->commit({.checks = {{.id = 4, .body = "new"}}, .finding_lines = {"{\"line\":3}"}})));
    ASSERT_THAT(complete(store->load(10)).value().checks, SizeIs(2));
    ASSERT_TRUE(complete(store->commit({.checks_closed = {3}})));
    const auto left = complete(store->load(10)).value().checks;
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_EQ(left[0].id, 4);
  }
  EXPECT_EQ(version_of(path).value(), format_version);
}

TEST(state_upgrade, an_upgraded_state_has_the_tables_of_a_new_one) {
  const temporary_directory place;
  run_sql(place / "old.db", a_file_of_format_1);
  must_open(place / "old.db");
  must_open(place / "new.db");
  EXPECT_EQ(tables_of(place / "old.db"), tables_of(place / "new.db"));
}

/// As if the next version had two more formats.
std::vector<const char*> longer_by(std::initializer_list<const char*> more) {
  std::vector<const char*> scripts(format_scripts().begin(), format_scripts().end());
  scripts.insert(scripts.end(), more);
  return scripts;
}

TEST(state_upgrade, runs_each_script_that_is_missing_once_and_in_order) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  const auto scripts = longer_by({"CREATE TABLE added (n INTEGER) STRICT",
                                  "ALTER TABLE added ADD COLUMN m INTEGER; "
                                  "INSERT INTO added VALUES (1, 2)"});
  for (int times = 0; times < 2; ++times) {
    auto connection = connect(path);
    ASSERT_TRUE(upgrade(connection, scripts));
    EXPECT_EQ(format_of(connection).value(), format_version + 2);
    EXPECT_EQ(connection.ask("SELECT count(*) || ' ' || m FROM added").value(), "1 2");
  }
  EXPECT_EQ(version_of(path).value(), format_version + 2) << "as the file's header says it";
  EXPECT_THAT(refusal({.path = path, .command = "monitor"}),
              AllOf(HasSubstr("newer version"), HasSubstr("name another state")));
}

TEST(state_upgrade, one_that_fails_leaves_the_state_as_it_was) {
  const temporary_directory place;
  const auto path = place / "s.db";
  ASSERT_TRUE(complete(must_open(path)->commit({.numbers = {{"n", 7}}})));
  const auto before = tables_of(path);
  {
    auto connection = connect(path);
    const auto outcome =
        upgrade(connection, longer_by({"CREATE TABLE added (n INTEGER); DELETE FROM number",
                                       "INSERT INTO no_such_table VALUES (1)"}));
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, AllOf(HasSubstr("cannot upgrade the state " + path),
                                               HasSubstr("no such table: no_such_table")));
  }
  EXPECT_EQ(tables_of(path), before);
  EXPECT_EQ(complete(must_open(path)->load(0)).value().numbers.at("n"), 7);
}

TEST(state_upgrade, a_disk_without_room_for_it_leaves_the_state_as_it_was) {
  const temporary_directory place;
  const auto path = place / "s.db";
  ASSERT_TRUE(complete(must_open(path)->commit({.numbers = {{"n", 7}}})));
  {
    auto connection = connect(path);
    ASSERT_TRUE(connection.run("PRAGMA max_page_count = 40"));
    const auto outcome = upgrade(
        connection,
        longer_by({"CREATE TABLE added (b BLOB); INSERT INTO added VALUES (zeroblob(1000000))"}));
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, AllOf(HasSubstr(path), HasSubstr("make room")));
  }
  EXPECT_EQ(complete(must_open(path)->load(0)).value().numbers.at("n"), 7);
}

TEST(state_upgrade, an_older_format_is_left_alone_by_a_reader_and_while_another_command_runs) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto store = must_open(path);
  run_sql(path, "PRAGMA user_version = 0; PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_THAT(refusal({.path = path}),
              AllOf(HasSubstr("older version"), HasSubstr("format 0"), HasSubstr("monitor")));
  EXPECT_THAT(refusal({.path = path, .command = "compare"}),
              AllOf(HasSubstr("in use"), HasSubstr("(monitor)")));
  run_sql(path, ("PRAGMA user_version = " + std::to_string(format_version)).c_str());
  EXPECT_TRUE(complete(store->commit({.numbers = {{"n", 7}}})));
}

}  // namespace
}  // namespace ddm::state
