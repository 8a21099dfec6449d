// What is committed comes back, all of it or nothing of it.
#include "state/sqlite_store.h"

#include "state/store_testing.h"
#include "support/disk_of_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace ddm::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string key_a(16, '\0');
const std::string key_b = std::string("\xff\0binary-key-bb", 15) + "b";

shard_row full_shard() {
  return {.stream_arn = "arn:stream",
          .shard_id = "shard-1",
          .parent_id = "shard-0",
          .life = "reading",
          .start = "LATEST",
          .counts_from = from_ms(1),
          .last_sequence = "000000000000000000002",
          .resolved_sequence = "1",
          .last_created = from_ms(3),
          .caught_up_at = from_ms(4),
          .ended_at = from_ms(5),
          .last_listed = from_ms(6)};
}

TEST(sqlite_store, keeps_every_field_across_a_restart) {
  const temporary_directory place;
  const std::string body("\0\x01\xff body", 8);
  {
    const auto store = must_open(place / "s.db");
    commit_batch batch;
    batch.shards = {full_shard(), {.stream_arn = "arn:stream", .shard_id = "shard-2"}};
    batch.checks = {{.id = 7, .body = body}, {.id = -9, .body = ""}};
    batch.deferred = {
        {.key_hash = key_a, .key_json = R"({"pk":{"S":"ü"}})", .changes = 2, .since_ms = 50}};
    batch.mismatches = {{.key_hash = key_a, .open = true, .confirmed_ms = 11, .body = body},
                        {.key_hash = key_b, .open = false, .confirmed_ms = 12, .body = "x"}};
    batch.finding_lines = {"{\"line\":1}", "{\"line\":2}"};
    batch.gaps = {{.stream_arn = "arn:stream",
                   .shard_id = "shard-1",
                   .after_sequence = "5",
                   .noticed = from_ms(99),
                   .reason = "trimmed",
                   .cured = true}};
    batch.numbers = {{"events.total", 1'234'567'890'123}, {"negative", -1}};
    batch.values = {{"sketch", body}, {"empty", ""}};
    ASSERT_TRUE(complete(store->commit(batch)));
  }
  const auto store = must_open(place / "s.db");
  const auto state = complete(store->load(10));
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_THAT(state->shards, SizeIs(2));
  EXPECT_EQ(state->shards[0], full_shard());
  EXPECT_EQ(state->shards[1], (shard_row{.stream_arn = "arn:stream", .shard_id = "shard-2"}));
  ASSERT_THAT(state->checks, SizeIs(2));
  EXPECT_EQ(state->checks[0].id, -9);
  EXPECT_EQ(state->checks[0].body, "");
  EXPECT_EQ(state->checks[1].id, 7);
  EXPECT_EQ(state->checks[1].body, body);
  ASSERT_THAT(state->open_mismatches, SizeIs(1));
  EXPECT_EQ(state->open_mismatches[0].key_hash, key_a);
  EXPECT_EQ(state->open_mismatches[0].confirmed_ms, 11);
  EXPECT_EQ(state->open_mismatches[0].body, body);
  EXPECT_EQ(state->open_mismatches_total, 1);
  ASSERT_THAT(state->gaps, SizeIs(1));
  EXPECT_EQ(state->gaps[0].shard_id, "shard-1");
  EXPECT_EQ(state->gaps[0].after_sequence, "5");
  EXPECT_EQ(state->gaps[0].noticed, from_ms(99));
  EXPECT_EQ(state->gaps[0].reason, "trimmed");
  EXPECT_TRUE(state->gaps[0].cured);
  EXPECT_EQ(state->numbers.at("events.total"), 1'234'567'890'123);
  EXPECT_EQ(state->numbers.at("negative"), -1);
  EXPECT_EQ(state->values.at("sketch"), body);
  EXPECT_EQ(state->values.at("empty"), "");
  EXPECT_EQ(state->deferred_changes, 2);
  EXPECT_EQ(state->finding_lines, 2);
  const auto healed = complete(store->find_mismatch(key_b));
  ASSERT_TRUE(healed && *healed);
  EXPECT_FALSE((*healed)->open);
  EXPECT_EQ((*healed)->body, "x");
  EXPECT_FALSE(complete(store->find_mismatch("nobody")).value());
}

/// `monitor` and `compare` begin one state in the same moment: both must use one secret.
TEST(sqlite_store, what_is_written_once_stays_as_the_first_has_written_it) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  for (const auto* each : {"first", "second"}) {
    commit_batch batch;
    batch.values_once = {{"secret", each}};
    batch.numbers_once = {{"seed", static_cast<std::int64_t>(std::string(each).size())}};
    EXPECT_FALSE(batch.empty());
    ASSERT_TRUE(complete(store->commit(batch)));
  }
  const auto state = complete(store->load(10));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->values.at("secret"), "first");
  EXPECT_EQ(state->numbers.at("seed"), 5);
}

TEST(sqlite_store, replaces_rows_of_the_same_key_and_deletes_closed_ones) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.shards = {full_shard()},
                                      .checks = {{1, "old"}, {2, "goes"}, {3, "stays"}},
                                      .mismatches = {{key_a, true, 1, "open"}},
                                      .numbers = {{"n", 1}},
                                      .values = {{"v", "old"}}})));
  auto moved = full_shard();
  moved.last_sequence = "9";
  moved.caught_up_at = std::nullopt;
  ASSERT_TRUE(complete(store->commit({.shards = {moved},
                                      .checks = {{1, "new"}, {4, "closed in the same step"}},
                                      .checks_closed = {2, 4, 4711},
                                      .mismatches = {{key_a, false, 1, "healed"}},
                                      .numbers = {{"n", 2}},
                                      .values = {{"v", "new"}}})));
  auto state = complete(store->load(10)).value();
  EXPECT_THAT(state.shards, ElementsAre(moved));
  ASSERT_THAT(state.checks, SizeIs(2));
  EXPECT_EQ(state.checks[0].body, "new");
  EXPECT_EQ(state.checks[1].body, "stays");
  EXPECT_THAT(state.open_mismatches, IsEmpty());
  EXPECT_EQ(state.numbers.at("n"), 2);
  EXPECT_EQ(state.values.at("v"), "new");

  ASSERT_TRUE(complete(store->commit({.shards_forgotten = {{"arn:stream", "shard-1"}}})));
  EXPECT_THAT(complete(store->load(10)).value().shards, IsEmpty());
}

TEST(sqlite_store, accumulates_deferred_changes_of_a_key_until_it_is_taken) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.deferred = {{key_a, "a", 1, 30}, {key_b, "b", 4, 20}}})));
  ASSERT_TRUE(complete(store->commit({.deferred = {{key_a, "a", 2, 10}}})));
  auto rows = complete(store->oldest_deferred(10)).value();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].key_hash, key_a);
  EXPECT_EQ(rows[0].changes, 3);
  EXPECT_EQ(rows[0].since_ms, 10);
  EXPECT_EQ(rows[1].key_json, "b");
  EXPECT_EQ(complete(store->load(1)).value().deferred_changes, 7);
  EXPECT_THAT(complete(store->oldest_deferred(1)).value(), SizeIs(1));

  // Taken and deferred again in one step: what was deferred now waits on.
  ASSERT_TRUE(complete(
      store->commit({.deferred = {{key_a, "a", 5, 60}}, .deferred_taken = {key_a, key_b}})));
  rows = complete(store->oldest_deferred(10)).value();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].changes, 5);
}

TEST(sqlite_store, numbers_finding_lines_without_holes_across_restarts) {
  const temporary_directory place;
  ASSERT_TRUE(complete(must_open(place / "s.db")->commit({.finding_lines = {"1", "2"}})));
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.finding_lines = {"3", "4"}})));
  EXPECT_EQ(complete(store->load(0)).value().finding_lines, 4);
  EXPECT_THAT(complete(store->finding_lines(0, 100)).value(), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(complete(store->finding_lines(1, 2)).value(), ElementsAre("2", "3"));
  EXPECT_THAT(complete(store->finding_lines(4, 2)).value(), IsEmpty());
}

TEST(sqlite_store, loads_the_newest_open_mismatches_and_counts_all) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.mismatches = {{"key-1", true, 100, "a"},
                                                     {"key-2", true, 300, "b"},
                                                     {"key-3", false, 400, "c"},
                                                     {"key-4", true, 200, "d"}}})));
  const auto state = complete(store->load(2)).value();
  ASSERT_THAT(state.open_mismatches, SizeIs(2));
  EXPECT_EQ(state.open_mismatches[0].key_hash, "key-2");
  EXPECT_EQ(state.open_mismatches[1].key_hash, "key-4");
  EXPECT_EQ(state.open_mismatches_total, 3);
}

TEST(sqlite_store, counts_open_mismatches_by_kind_and_origin) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  const std::string of_change =
      R"({"kind":"missing","changes":2,"period":3,"comparison_ms":0,"key":{}})";
  const std::string of_comparison =
      R"({"kind":"missing","changes":0,"period":0,"comparison_ms":77})";
  ASSERT_TRUE(
      complete(store->commit({.mismatches = {{"key-1", true, 1, of_change},
                                             {"key-2", true, 1, of_change},
                                             {"key-3", true, 1, of_comparison},
                                             {"key-4", true, 1, R"({"kind":"stale","changes":1})"},
                                             {"key-5", false, 1, of_change}}})));
  std::vector<std::string> groups;
  for (const auto& row : complete(store->load(2)).value().open_mismatches_by_kind) {
    groups.push_back(row.kind + " " + std::to_string(row.period) + " " +
                     std::to_string(row.comparison_ms) + ": " + std::to_string(row.rows) +
                     " rows, " + std::to_string(row.without_changes) + " without, " +
                     std::to_string(row.changes) + " changes");
  }
  EXPECT_THAT(groups, testing::UnorderedElementsAre("missing 3 0: 2 rows, 0 without, 4 changes",
                                                    "missing 0 77: 1 rows, 1 without, 0 changes",
                                                    "stale 1 0: 1 rows, 0 without, 1 changes"));
}

/// Each of two processes writes what it knows of a key.
TEST(sqlite_store, what_an_open_mismatch_stands_for_does_not_fall_while_it_is_open) {
  const temporary_directory place;
  const auto monitor = must_open(place / "s.db");
  const auto body = [&] { return complete(monitor->find_mismatch("key")).value()->body; };
  const auto put = [&](bool open, const std::string& text) {
    ASSERT_TRUE(complete(monitor->commit({.mismatches = {{"key", open, 1, text}}})));
  };
  put(true, R"({"kind":"missing","changes":2,"period":3,"comparison_ms":5})");
  const std::string both = R"({"changes":2,"comparison_ms":77,"kind":"stale","period":3})";
  put(true, R"({"kind":"stale","changes":0,"period":0,"comparison_ms":77})");
  EXPECT_EQ(body(), both);
  put(true, R"({"kind":"stale","changes":1})");
  EXPECT_EQ(body(), both);
  const std::string healed = R"({"kind":"stale","changes":1,"period":1,"comparison_ms":1})";
  put(false, healed);
  EXPECT_EQ(body(), healed);
  const std::string anew = R"({"kind":"stale","changes":0,"period":0,"comparison_ms":1})";
  put(true, anew);
  EXPECT_EQ(body(), anew) << "it was not open";
}

TEST(sqlite_store, an_error_in_the_middle_leaves_nothing_and_ends_all_commits) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const gap_row gap{"arn", "shard", "1", from_ms(1), "r"};
  ASSERT_TRUE(complete(must_open(path)->commit({.gaps = {gap}, .numbers = {{"n", 1}}})));
  run_sql(path, "CREATE UNIQUE INDEX planted ON gap (reason || '')");
  {
    const auto store = must_open(path);
    const auto failed = complete(store->commit({.shards = {full_shard()},
                                                .checks = {{1, "x"}},
                                                .deferred = {{key_a, "a", 1, 1}},
                                                .finding_lines = {"line"},
                                                .gaps = {gap},
                                                .numbers = {{"n", 2}}}));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, error_class::fatal);
    EXPECT_THAT(failed.error().message, HasSubstr(path));
    EXPECT_THAT(failed.error().message, HasSubstr("planted"));
    EXPECT_FALSE(complete(store->commit({.numbers = {{"n", 3}}})));
  }
  const auto state = complete(must_open(path)->load(10)).value();
  EXPECT_THAT(state.shards, IsEmpty());
  EXPECT_THAT(state.checks, IsEmpty());
  EXPECT_EQ(state.deferred_changes, 0);
  EXPECT_EQ(state.finding_lines, 0);
  EXPECT_EQ(state.numbers.at("n"), 1);
}

TEST(sqlite_store, closing_ends_queued_commits_and_folds_the_wal_into_the_file) {
  const temporary_directory place;
  const auto path = place / "s.db";
  asio::io_context context;
  {
    auto store = must_open(path);
    for (std::int64_t n = 1; n <= 50; ++n) {
      asio::co_spawn(
          context, store->commit({.numbers = {{"n", n}}}),
          [](const std::exception_ptr&, const result<void>& done) { EXPECT_TRUE(done); });
    }
    context.poll();  // All commits are handed to the store's thread; none is waited for.
    store.reset();
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
    context.restart();
    context.run();
  }
  EXPECT_EQ(complete(must_open(path)->load(0)).value().numbers.at("n"), 50);
}

/// What is asked of a store while its disk is full.
class full_store : public testing::Test {
 protected:
  full_store() { store_->let_commits_wait(true); }

  void ask(commit_batch batch) {
    asio::co_spawn(context_, store_->commit(std::move(batch)),
                   [this](const std::exception_ptr&, result<void> done) {
                     ended_.push_back(std::move(done));
                   });
    context_.poll();
    context_.restart();
  }
  /// Until a commit waits, ten seconds at most.
  void await_waiting() {
    for (int tenths = 0; tenths < 100 && store_->waits_for_room().empty(); ++tenths) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_THAT(store_->waits_for_room(), HasSubstr("the disk is full"));
  }

  temporary_directory place_;
  std::unique_ptr<state_store> store_ = must_open(place_ / "s.db");
  asio::io_context context_;
  std::vector<result<void>> ended_;
};

TEST_F(full_store, waits_for_room_and_answers_nothing_out_of_turn) {
  std::optional<std::int64_t> seen;
  {
    const support::disk_of_bytes full(4096);
    ask({.numbers = {{"n", 1}}});
    asio::co_spawn(context_, store_->load(0), [&](const std::exception_ptr&, auto loaded) {
      seen = loaded.value().numbers.at("n");
    });
    await_waiting();
    ask({.numbers = {{"n", 2}}});
    EXPECT_THAT(ended_, IsEmpty());
  }
  context_.run();
  EXPECT_EQ(seen, 1) << "after the first commit, before the second";
  ASSERT_THAT(ended_, SizeIs(2));
  EXPECT_TRUE(ended_[0]);
  EXPECT_TRUE(ended_[1]);
  EXPECT_EQ(store_->waits_for_room(), "");
  EXPECT_EQ(complete(store_->load(0)).value().numbers.at("n"), 2);
}

TEST_F(full_store, that_waits_no_more_saves_nothing_later_either) {
  {
    const support::disk_of_bytes full(4096);
    ask({.numbers = {{"n", 1}}});
    await_waiting();
    store_->let_commits_wait(false);
    context_.run();
  }
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_EQ(ended_[0].error().code, no_room_code);
  EXPECT_FALSE(complete(store_->commit({.numbers = {{"n", 2}}})));
  EXPECT_THAT(complete(store_->load(0)).value().numbers, IsEmpty());
}

TEST_F(full_store, is_closed_at_once) {
  const support::disk_of_bytes full(4096);
  ask({.numbers = {{"n", 1}}});
  await_waiting();
  store_.reset();
  context_.run();
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_FALSE(ended_[0]);
}

TEST(sqlite_store, works_without_a_thread_of_its_own) {
  const temporary_directory place;
  const auto opened =
      open_sqlite_store({.path = place / "s.db", .command = "monitor", .own_thread = false});
  ASSERT_TRUE(opened);
  ASSERT_TRUE(complete((*opened)->commit({.numbers = {{"n", 1}}})));
  EXPECT_EQ(complete((*opened)->load(0)).value().numbers.at("n"), 1);
}

TEST(sqlite_store, all_files_belong_to_their_owner_alone) {
  const temporary_directory place;
  const auto before = ::umask(0);
  {
    const auto store = must_open(place / "s.db");
    ASSERT_TRUE(complete(store->commit({.numbers = {{"n", 1}}})));
    for (const auto* suffix : {"", "-wal", "-shm", ".monitor.lock"}) {
      struct stat file{};
      ASSERT_EQ(::stat((place / "s.db" + suffix).c_str(), &file), 0) << suffix;
      EXPECT_EQ(file.st_mode & 0777, 0600U) << suffix;
    }
  }
  ::umask(before);
  EXPECT_FALSE(std::filesystem::exists(place / "s.db.monitor.lock"));
}

TEST(sqlite_store, fresh_forgets_everything) {
  const temporary_directory place;
  const auto path = place / "s.db";
  ASSERT_TRUE(complete(must_open(path)->commit({.numbers = {{"n", 1}}})));
  EXPECT_THAT(complete(must_open(path, true)->load(10)).value().numbers, IsEmpty());
  EXPECT_THAT(complete(must_open(path)->load(10)).value().numbers, IsEmpty());
}

TEST(sqlite_store, a_wal_left_over_from_another_file_is_not_replayed_into_a_new_one) {
  const temporary_directory place;
  const auto path = place / "s.db";
  {
    const auto store = must_open(path);
    ASSERT_TRUE(complete(store->commit({.numbers = {{"n", 1}}})));
    std::filesystem::copy_file(path + "-wal", place / "copy");
  }
  std::filesystem::remove(path);
  std::filesystem::rename(place / "copy", path + "-wal");
  EXPECT_THAT(complete(must_open(path)->load(10)).value().numbers, IsEmpty());
}

TEST(sqlite_store, a_reader_sees_what_a_running_monitor_has_committed) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.numbers = {{"n", 1}}})));
  const auto reader = open_sqlite_store({.path = place / "s.db"});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(complete((*reader)->load(0)).value().numbers.at("n"), 1);
  ASSERT_TRUE(complete(store->commit({.numbers = {{"n", 2}}})));
  EXPECT_EQ(complete((*reader)->load(0)).value().numbers.at("n"), 2);
  EXPECT_FALSE(complete((*reader)->commit({.numbers = {{"n", 3}}})));
}

TEST(sqlite_store, notices_that_its_file_was_deleted) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.numbers = {{"n", 1}}})));
  std::filesystem::remove(place / "s.db");
  const auto lost = complete(store->commit({.numbers = {{"n", 2}}}));
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().message, HasSubstr("deleted or replaced"));
}

}  // namespace
}  // namespace ddm::state
