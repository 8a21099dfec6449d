#include "compare/leftover_file.h"

#include "compare/comparison_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace ddm::compare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

leftover sample(std::uint64_t number) {
  return {.key = key_of(number),
          .compared = value_of(number).compared,
          .everything = number,
          .in_source = number % 2 == 0,
          .in_target = number % 3 == 0,
          .disputed = number % 5 == 0,
          .key_json = json_of(number)};
}

std::string block_of(std::initializer_list<std::uint64_t> numbers, leftover_origin from = {1, 1}) {
  std::string block;
  for (const auto number : numbers) {
    append_leftover(sample(number), from, block);
  }
  return block;
}

std::vector<leftover> all_of(const leftover_file& file) {
  std::vector<leftover> entries;
  EXPECT_TRUE(
      file.read([&](leftover&& entry, leftover_origin) { entries.push_back(std::move(entry)); }));
  return entries;
}

TEST(leftover_file, gives_back_what_was_appended_with_its_origin) {
  const temporary_folder folder;
  auto file = leftover_file::open(folder / "log", 0).value();
  ASSERT_TRUE(file.append(block_of({10, 11}, {7, 2})));
  ASSERT_TRUE(file.append(""));
  ASSERT_TRUE(file.append(block_of({12})));
  ASSERT_TRUE(file.sync());
  EXPECT_THAT(all_of(file), ElementsAre(sample(10), sample(11), sample(12)));
  std::vector<std::uint32_t> segments;
  ASSERT_TRUE(file.read([&](leftover&&, leftover_origin from) {
    segments.push_back(from.segment * 10 + from.attempt);
  }));
  EXPECT_THAT(segments, ElementsAre(72, 72, 11));
}

TEST(leftover_file, opening_cuts_what_was_not_committed) {
  const temporary_folder folder;
  std::uint64_t committed = 0;
  {
    auto file = leftover_file::open(folder / "log", 0).value();
    ASSERT_TRUE(file.append(block_of({10})));
    committed = file.bytes();
    ASSERT_TRUE(file.append(block_of({11})));
  }
  auto file = leftover_file::open(folder / "log", committed).value();
  ASSERT_TRUE(file.append(block_of({12})));
  EXPECT_THAT(all_of(file), ElementsAre(sample(10), sample(12)));
}

TEST(leftover_file, is_for_its_owner_alone) {
  const temporary_folder folder;
  const auto file = leftover_file::open(folder / "log", 0);
  struct stat facts{};
  ASSERT_EQ(::stat((folder / "log").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(leftover_file, a_shorter_file_than_was_committed_is_refused) {
  const temporary_folder folder;
  const auto opened = leftover_file::open(folder / "log", 100);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("--fresh"));
}

TEST(leftover_file, damage_is_an_error_and_never_a_missing_leftover) {
  const temporary_folder folder;
  const auto path = folder / "log";
  std::uint64_t bytes = 0;
  {
    auto file = leftover_file::open(path, 0).value();
    ASSERT_TRUE(file.append(block_of({10, 11})));
    bytes = file.bytes();
  }
  for (std::uint64_t at = 0; at < bytes; at += 7) {
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const auto was = static_cast<char>(stream.get());
    const auto put = [&](char value) {
      stream.seekp(static_cast<std::streamoff>(at));
      stream.put(value);
      stream.flush();
    };
    put(static_cast<char>(was ^ 0x40));
    const auto file = leftover_file::open(path, bytes).value();
    EXPECT_FALSE(file.read([](leftover&&, leftover_origin) {})) << "byte " << at;
    put(was);
  }
}

TEST(leftover_file, is_known_by_its_comparison_and_its_length) {
  const temporary_folder folder;
  const auto path = folder / "log";
  constexpr std::uint64_t mark = 1'767'225'600'000;
  std::uint64_t committed = 0;
  {
    auto file = leftover_file::open(path, 0, mark).value();
    ASSERT_TRUE(file.append(block_of({10, 11})));
    ASSERT_TRUE(file.append(block_of({12})));
    committed = file.bytes();
    ASSERT_TRUE(file.append(block_of({13})));
    EXPECT_THAT(all_of(file).size(), 4);
  }
  const auto bytes = std::filesystem::file_size(path);
  EXPECT_TRUE(leftover_file::holds(path, committed, mark));
  EXPECT_TRUE(leftover_file::holds(path, 0, mark));
  EXPECT_FALSE(leftover_file::holds(path, committed, mark + 1)) << "of another comparison";
  EXPECT_FALSE(leftover_file::holds(path, committed - 1, mark)) << "its blocks end elsewhere";
  EXPECT_FALSE(leftover_file::holds(path, bytes + 1, mark)) << "shorter than was committed";
  EXPECT_FALSE(leftover_file::holds(folder / "absent", committed, mark));
  EXPECT_TRUE(leftover_file::holds(folder / "absent", 0, mark)) << "nothing was left over";
  EXPECT_FALSE(std::filesystem::exists(folder / "absent"));
  EXPECT_EQ(std::filesystem::file_size(path), bytes);
  const auto foreign = leftover_file::open(path, committed, mark + 1).value();
  EXPECT_FALSE(foreign.read([](leftover&&, leftover_origin) {}));
}

TEST(leftover_file, a_nameless_file_leaves_no_trace) {
  const temporary_folder folder;
  auto file = leftover_file::open_nameless(folder / "log").value();
  EXPECT_THAT(std::vector(std::filesystem::directory_iterator(folder / ""),
                          std::filesystem::directory_iterator()),
              IsEmpty());
  ASSERT_TRUE(file.append(block_of({10})));
  EXPECT_THAT(all_of(file), ElementsAre(sample(10)));
}

TEST(leftover_file, leaves_no_name_behind_for_what_is_needed_once) {
  const temporary_folder place;
  auto file = leftover_file::open_nameless(place / "log");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->append("block"));
  EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(place / "log").parent_path()));
}

TEST(leftover_file, of_a_comparison_that_does_not_go_on_is_removed) {
  const temporary_folder place;
  const auto path = place / "log";
  for (const auto* name :
       {"log", "log.draft-Ab12Cd", "log.backup", "log.keep", "other.draft-Ab12Cd"}) {
    std::ofstream(place / name) << "left";
  }
  remove_strays(path, true);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(place / "log.draft-Ab12Cd"));
  remove_strays(path, false);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists(place / "log.backup"));
  EXPECT_TRUE(std::filesystem::exists(place / "log.keep"));
  EXPECT_TRUE(std::filesystem::exists(place / "other.draft-Ab12Cd"));
}

}  // namespace
}  // namespace ddm::compare
