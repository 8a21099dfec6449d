// A copy of the state is put back beside a WAL that is not its own.
#include "state/wal_lineage.h"

#include "state/sqlite_connection.h"
#include "state/sqlite_schema.h"
#include "state/state_file.h"
#include "state/store_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::state {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

void commit_number(state_store& store, std::int64_t n) {
  commit_batch batch;
  batch.numbers = {{"n", n}};
  batch.values = {{"text", std::string(3000, static_cast<char>('a' + n % 26))}};
  ASSERT_TRUE(complete(store.commit(std::move(batch))));
}

std::int64_t number_in(const std::string& path) {
  return complete(must_open(path)->load(0)).value().numbers.at("n");
}

/// A directory with the state that a kill would leave now, of whatever is given.
class remains {
 public:
  remains(const std::string& file, const std::string& wal) {
    fs::copy_file(file, place_ / "s.db");
    fs::copy_file(wal, place_ / "s.db-wal");
  }
  [[nodiscard]] std::string path() const { return place_ / "s.db"; }
  [[nodiscard]] std::string refusal_of(const std::string& command) const {
    return refusal({.path = path(), .command = command});
  }

 private:
  temporary_directory place_;
};

class wal_lineage : public testing::Test {
 protected:
  /// The database file as it is now, its WAL left out.
  std::string copy_file(const std::string& name) {
    fs::copy_file(path_, place_ / name);
    return place_ / name;
  }
  std::string copy_wal(const std::string& name) {
    fs::copy_file(path_ + "-wal", place_ / name);
    return place_ / name;
  }
  std::unique_ptr<state_store> open_after(std::int64_t commits) {
    auto store = must_open(path_);
    for (std::int64_t n = 0; n < commits; ++n) {
      commit_number(*store, ++last_);
    }
    return store;
  }

  temporary_directory place_;
  std::string path_ = place_ / "s.db";
  std::int64_t last_ = 0;
};

TEST_F(wal_lineage, an_older_file_beside_a_newer_wal_is_refused_and_both_are_left_as_they_are) {
  open_after(10);  // ends by itself: the file holds all of it
  const auto older = copy_file("older");
  open_after(3);
  const auto store = open_after(5);
  const remains mixed(older, path_ + "-wal");
  const auto before = bytes_of(mixed.path()) + bytes_of(mixed.path() + "-wal");
  for (const auto* command : {"monitor", "compare", ""}) {
    EXPECT_THAT(mixed.refusal_of(command),
                AllOf(HasSubstr("not of one history"), HasSubstr(mixed.path() + "-wal"),
                      HasSubstr("taken together"), HasSubstr("--fresh")))
        << command;
  }
  EXPECT_EQ(bytes_of(mixed.path()) + bytes_of(mixed.path() + "-wal"), before);
  EXPECT_EQ(mixed.refusal_of("monitor"), mixed.refusal_of("monitor"));
  const auto fresh = open_sqlite_store({.path = mixed.path(), .command = "monitor", .fresh = true});
  EXPECT_TRUE(fresh);
}

TEST_F(wal_lineage, a_newer_file_beside_an_older_wal_is_refused) {
  open_after(10);
  auto store = open_after(5);
  const auto older_wal = copy_wal("older-wal");
  store.reset();
  open_after(5);
  EXPECT_THAT(remains(path_, older_wal).refusal_of("monitor"), HasSubstr("not of one history"));
}

TEST_F(wal_lineage, the_file_and_its_own_wal_go_on_with_every_commit) {
  open_after(10);
  const auto store = open_after(5);
  const remains killed(path_, path_ + "-wal");
  EXPECT_EQ(number_in(killed.path()), 15);
  EXPECT_EQ(number_in(killed.path()), 15) << "and after a clean end";
}

TEST_F(wal_lineage, an_older_file_whose_missing_commits_are_all_in_the_wal_is_complete) {
  open_after(10);
  const auto older = copy_file("older");
  const auto store = open_after(5);
  EXPECT_EQ(number_in(remains(older, path_ + "-wal").path()), 15);
}

TEST_F(wal_lineage, states_of_two_beginnings_do_not_belong_together) {
  must_open(path_);
  const auto never_used = copy_file("never used");
  const auto store = [&] {
    must_open(path_, true);
    return open_after(2);
  }();
  EXPECT_THAT(remains(never_used, path_ + "-wal").refusal_of("monitor"),
              HasSubstr("not of one history"));
}

TEST_F(wal_lineage, two_commands_on_one_state_write_one_history) {
  open_after(2);
  const auto older = copy_file("older");
  {
    const auto monitor = must_open(path_);
    const auto compare = open_sqlite_store({.path = path_, .command = "compare"});
    ASSERT_TRUE(compare);
    for (int round = 0; round < 20; ++round) {
      commit_number(*monitor, ++last_);
      commit_number(**compare, ++last_);
    }
    EXPECT_EQ(number_in(remains(path_, path_ + "-wal").path()), last_);
  }
  const auto store = open_after(1);
  EXPECT_THAT(remains(older, path_ + "-wal").refusal_of("monitor"),
              HasSubstr("not of one history"));
}

TEST_F(wal_lineage, a_wal_that_began_anew_without_our_doing_has_its_place_in_the_history) {
  open_after(2);
  auto store = open_after(3);
  const auto older = copy_file("older");
  // Everything is put into the file while the WAL stays: the next commit begins it anew.
  run_sql(path_, "PRAGMA wal_checkpoint(PASSIVE)");
  commit_number(*store, ++last_);
  EXPECT_EQ(number_in(remains(path_, path_ + "-wal").path()), last_);
  EXPECT_THAT(remains(older, path_ + "-wal").refusal_of("monitor"),
              HasSubstr("not of one history"));
}

TEST_F(wal_lineage, a_wal_without_a_commit_is_not_asked) {
  open_after(2);
  const auto older = copy_file("older");
  const auto store = open_after(3);
  for (const std::size_t size : {0, 20, 32, 3000}) {
    const auto cut = copy_wal("cut" + std::to_string(size));
    fs::resize_file(cut, size);
    EXPECT_EQ(number_in(remains(older, cut).path()), 2) << size;
  }
}

TEST_F(wal_lineage, what_a_kill_within_a_checkpoint_leaves_goes_on) {
  open_after(2);
  const auto before = copy_file("before");
  auto store = open_after(30);
  const auto wal = copy_wal("wal");
  store.reset();
  const auto after = bytes_of(path_);
  constexpr std::size_t page = 4096;
  for (std::size_t pages = 1; pages * page < after.size(); ++pages) {
    // The first pages are of after the checkpoint, the others of before it.
    auto half = bytes_of(before);
    half.resize(std::max(half.size(), pages * page));
    half.replace(0, pages * page, after, 0, pages * page);
    const auto torn = place_ / "torn" + std::to_string(pages);
    std::ofstream(torn, std::ios::binary) << half;
    EXPECT_EQ(number_in(remains(torn, wal).path()), last_) << pages;
  }
}

TEST_F(wal_lineage, an_upgrade_that_was_killed_before_its_checkpoint_goes_on) {
  const auto version_2 = [&](const std::string& path) {
    run_sql(path, "PRAGMA application_id = 0x44444D4D; PRAGMA journal_mode = WAL;");
    auto connection = sqlite_connection::open(path, sqlite_connection::access::read_write).value();
    ASSERT_TRUE(upgrade(connection, format_scripts().first(2)));
    connection.checkpoint_on_close();
  };
  version_2(path_);
  const auto old_file = copy_file("old");
  {
    auto connection = sqlite_connection::open(path_, sqlite_connection::access::read_write).value();
    ASSERT_TRUE(connection.run("BEGIN"));
    ASSERT_TRUE(connection.run(lineage_script));
    ASSERT_TRUE(connection.run("PRAGMA user_version = 3; COMMIT"));
  }
  EXPECT_EQ(remains(old_file, path_ + "-wal").refusal_of("monitor"), "");
  open_after(1);
  const auto store = open_after(2);
  EXPECT_THAT(remains(old_file, path_ + "-wal").refusal_of("monitor"),
              HasSubstr("not of one history"));
}

TEST_F(wal_lineage, a_wal_of_an_older_version_does_not_belong_to_a_file_of_this_one) {
  const auto old_path = place_ / "old.db";
  run_sql(old_path, "PRAGMA application_id = 0x44444D4D; PRAGMA journal_mode = WAL;");
  auto connection =
      sqlite_connection::open(old_path, sqlite_connection::access::read_write).value();
  ASSERT_TRUE(connection.run("CREATE TABLE t (a); PRAGMA user_version = 2"));
  open_after(2);
  EXPECT_THAT(remains(path_, old_path + "-wal").refusal_of("monitor"),
              HasSubstr("not of one history"));
}

TEST(lineage_mark, comes_back_from_its_bytes) {
  lineage_mark mark{.before = begin_run(), .own = begin_run()};
  mark.own.number = 0x0102030405060708;
  EXPECT_EQ(mark.bytes().size(), 64);
  EXPECT_EQ(lineage_mark::parse(mark.bytes()), mark);
  EXPECT_NE(begin_run(), begin_run());
  EXPECT_FALSE(lineage_mark::parse(std::string(64, 'x')));
  EXPECT_FALSE(lineage_mark::parse("ddmm lineage 001"));
}

}  // namespace
}  // namespace ddm::state
