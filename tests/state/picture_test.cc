#include "state/picture.h"

#include "state/sqlite_store.h"
#include "state/store_testing.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <sys/stat.h>
#include <thread>

namespace ddm::state {
namespace {

commit_batch twice(std::int64_t value) {
  commit_batch batch;
  batch.numbers["one"] = value;
  batch.numbers["two"] = value;
  return batch;
}

TEST(picture, is_of_one_commit_whoever_writes_meanwhile) {
  const temporary_directory folder;
  const auto path = (folder / "a.db");
  auto store = open_sqlite_store({.path = path, .command = "monitor"});
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE(complete(store.value()->commit(twice(0))));
  std::atomic<bool> enough = false;
  std::thread writer([&] {
    for (std::int64_t value = 1; !enough; ++value) {
      ASSERT_TRUE(complete(store.value()->commit(twice(value))));
    }
  });
  std::int64_t newest = 0;
  for (int i = 0; i < 50; ++i) {
    const auto picture = (folder / "picture.db");
    ASSERT_TRUE(take_picture(path, picture));
    const auto numbers = numbers_in(picture, "");
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_EQ(numbers->at("one"), numbers->at("two"));
    EXPECT_GE(numbers->at("one"), newest);
    newest = numbers->at("one");
  }
  enough = true;
  writer.join();
  EXPECT_GT(newest, 0);
}

TEST(picture, is_a_state_that_a_store_opens_and_goes_on_with) {
  const temporary_directory folder;
  const auto path = (folder / "a.db");
  {
    auto store = open_sqlite_store({.path = path, .command = "monitor"});
    ASSERT_TRUE(complete(store.value()->commit(twice(5))));
    ASSERT_TRUE(take_picture(path, (folder / "b.db")));
  }
  auto store = open_sqlite_store({.path = (folder / "b.db"), .command = "monitor"});
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(complete(store.value()->load(10)).value().numbers.at("one"), 5);
  EXPECT_TRUE(complete(store.value()->commit(twice(6))));
}

TEST(picture, may_be_read_by_its_owner_only_and_takes_the_place_of_the_one_before) {
  const temporary_directory folder;
  const auto path = (folder / "a.db");
  auto store = open_sqlite_store({.path = path, .command = "monitor"});
  for (std::int64_t value = 1; value < 4; ++value) {
    ASSERT_TRUE(complete(store.value()->commit(twice(value))));
    ASSERT_TRUE(take_picture(path, (folder / "p.db")));
    EXPECT_EQ(numbers_in((folder / "p.db"), "o").value(),
              (std::map<std::string, std::int64_t>{{"one", value}}));
  }
  struct stat facts{};
  ASSERT_EQ(::stat((folder / "p.db").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(picture, of_what_is_no_database_or_not_there_is_an_error) {
  const temporary_directory folder;
  EXPECT_FALSE(take_picture((folder / "none.db"), (folder / "p.db")));
  std::ofstream(folder / "text") << "no database at all, but long enough to be read as one";
  EXPECT_FALSE(take_picture((folder / "text"), (folder / "p.db")));
  EXPECT_FALSE(take_picture((folder / "text"), (folder / "no/folder/p.db")));
}

}  // namespace
}  // namespace ddm::state
