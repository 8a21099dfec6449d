// A state that somebody else prepared runs nothing of its own, and one that others could reach is
// taken back.
#include "state/store_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace ddm::state {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

gap_row a_gap() {
  return {.stream_arn = "arn:stream",
          .shard_id = "shard-1",
          .noticed = from_ms(99),
          .reason = "trimmed"};
}

TEST(hostile_state, a_trigger_that_is_in_it_does_not_run) {
  const temporary_directory place;
  must_open(place / "s.db").reset();
  run_sql(place / "s.db", "CREATE TRIGGER hide AFTER INSERT ON gap BEGIN DELETE FROM gap; END");
  const auto store = must_open(place / "s.db");
  commit_batch batch;
  batch.gaps = {a_gap()};
  ASSERT_TRUE(complete(store->commit(batch)));
  EXPECT_THAT(complete(store->load(10))->gaps, SizeIs(1));
}

TEST(hostile_state, a_view_in_the_place_of_a_table_is_refused) {
  const temporary_directory place;
  must_open(place / "s.db").reset();
  run_sql(place / "s.db",
          "ALTER TABLE gap RENAME TO hidden; CREATE VIEW gap AS SELECT * FROM hidden WHERE 0");
  const auto store = open_sqlite_store({.path = place / "s.db", .command = "monitor"});
  EXPECT_TRUE(!store || !complete((*store)->load(10)));
}

TEST(hostile_state, open_checks_that_are_no_block_are_damage) {
  const temporary_directory place;
  must_open(place / "s.db").reset();
  run_sql(place / "s.db", "INSERT INTO check_block VALUES (1, x'7a00')");
  const auto store = must_open(place / "s.db");
  const auto loaded = complete(store->load(10));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("damaged (its open checks cannot be read)"));
  EXPECT_THAT(loaded.error().message, HasSubstr("--fresh"));
  const auto committed = complete(store->commit({.checks = {{.id = 1, .body = "x"}}}));
  ASSERT_FALSE(committed);
  EXPECT_THAT(committed.error().message, HasSubstr("damaged (its open checks cannot be read)"));
}

TEST(hostile_state, what_others_may_write_is_taken_back) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path).reset();
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  const auto store = must_open(path);
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat found{};
    ASSERT_EQ(::stat((path + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 0777U & ~0640U, 0U) << suffix;
  }
}

}  // namespace
}  // namespace ddm::state
