#include "remote/file_source.h"

#include "state/picture.h"
#include "state/sqlite_store.h"
#include "state/store_testing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

namespace ddm::remote {
namespace {

using state::complete;
using state::temporary_directory;

class file_source_test : public testing::Test {
 protected:
  file_source_test() {
    store = state::must_open(folder / "a.db");
    set("n", 1);
  }

  void set(const std::string& name, std::int64_t value) {
    state::commit_batch batch;
    batch.numbers[name] = value;
    EXPECT_TRUE(complete(store->commit(std::move(batch))));
  }

  file_source source(std::size_t threads = 0) {
    pool.emplace(threads);
    return file_source({.state_path = folder / "a.db",
                        .picture_path = folder / "picture.db",
                        .beside = [this](const std::string&) { return beside; }},
                       *pool);
  }

  /// All blocks of a file, as they would be written.
  static std::string bytes_of(file_source& from, const std::vector<copied_file>& files,
                              std::size_t number) {
    std::string bytes;
    for (std::size_t i = 0; i < files[number].blocks.size(); ++i) {
      const auto sealed = complete(from.sealed(number, {i}));
      bytes += unseal(sealed.value().front().bytes, files[number].blocks[i]).value();
    }
    return bytes;
  }

  temporary_directory folder;
  std::unique_ptr<state::state_store> store;
  result<std::vector<file_beside>> beside;
  std::optional<worker_pool> pool;
};

TEST_F(file_source_test, gives_the_state_of_one_moment_though_it_goes_on) {
  auto from = source(1);
  const auto files = complete(from.take()).value();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files.front().name, database_name);
  set("n", 2);
  const auto bytes = bytes_of(from, files, 0);
  EXPECT_EQ(bytes.size(), files.front().bytes);
  std::ofstream(folder / "copy.db", std::ios::binary) << bytes;
  const auto copy = state::must_open(folder / "copy.db");
  EXPECT_EQ(complete(copy->load(1)).value().numbers.at("n"), 1);
}

TEST_F(file_source_test, gives_a_log_as_far_as_it_counts) {
  std::ofstream(folder / "log") << std::string(40'000, 'a') << "what was appended since";
  beside = std::vector<file_beside>{{.name = "leftovers", .path = folder / "log", .bytes = 40'000}};
  auto from = source();
  const auto files = complete(from.take()).value();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].blocks.size(), 2U);
  EXPECT_EQ(bytes_of(from, files, 1), std::string(40'000, 'a'));
}

TEST_F(file_source_test, refuses_a_log_that_was_begun_anew_between_picture_and_block) {
  std::ofstream(folder / "log") << std::string(40'000, 'a');
  beside = std::vector<file_beside>{{.name = "leftovers", .path = folder / "log", .bytes = 40'000}};
  auto from = source();
  const auto files = complete(from.take()).value();
  std::ofstream(folder / "log") << std::string(40'000, 'b');
  const auto other = complete(from.sealed(1, {0}));
  ASSERT_FALSE(other);
  EXPECT_TRUE(mends_by_waiting(other.error().kind));
  std::ofstream(folder / "log") << "short";
  EXPECT_FALSE(complete(from.sealed(1, {1})));
}

TEST_F(file_source_test, fails_where_a_log_is_shorter_than_it_counts) {
  std::ofstream(folder / "log") << "short";
  beside = std::vector<file_beside>{{.name = "leftovers", .path = folder / "log", .bytes = 40'000}};
  auto from = source();
  EXPECT_FALSE(complete(from.take()));
}

TEST_F(file_source_test, has_the_same_blocks_but_for_what_changed) {
  state::commit_batch many;
  for (int i = 0; i < 5'000; ++i) {
    many.values["value" + std::to_string(i)] = std::string(100, static_cast<char>('a' + i % 26));
  }
  ASSERT_TRUE(complete(store->commit(std::move(many))));
  auto from = source();
  const auto before = complete(from.take()).value().front().blocks;
  set("n", 3);
  const auto after = complete(from.take()).value().front().blocks;
  ASSERT_EQ(before.size(), after.size());
  EXPECT_GT(before.size(), 15U);
  const auto changed = std::inner_product(before.begin(), before.end(), after.begin(), 0,
                                          std::plus<>(), std::not_equal_to<>());
  EXPECT_GE(changed, 1);
  EXPECT_LE(changed, 3);
}

TEST_F(file_source_test, leaves_no_picture_behind) {
  {
    auto from = source();
    EXPECT_TRUE(complete(from.take()));
    EXPECT_TRUE(std::filesystem::exists(folder / "picture.db"));
    EXPECT_TRUE(state::numbers_in(folder / "picture.db", ""));
  }
  for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_FALSE(each.path().filename().native().starts_with("picture")) << each.path();
  }
}

}  // namespace
}  // namespace ddm::remote
