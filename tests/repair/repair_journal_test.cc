#include "repair/repair_journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace ddm::repair {
namespace {

const wall_time now = from_ms(1'767'225'600'000);

class journal_file : public testing::Test {
 protected:
  journal_file()
      : path_(std::filesystem::temp_directory_path() /
              ("repair_journal_test." + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
  }
  ~journal_file() override { std::filesystem::remove(path_); }

  static journal_entry change() {
    return {.table = "arn:t",
            .what = action::change,
            .key_json = R"({"pk":{"S":"a"}})",
            .before = dynamodb::parse_item(R"({"pk":{"S":"a"},"v":{"N":"1"}})").value(),
            .after = dynamodb::parse_item(R"({"pk":{"S":"a"},"v":{"N":"2"}})").value()};
  }
  void append(std::string_view text) const { std::ofstream(path_, std::ios::app) << text; }

  std::filesystem::path path_;
};

TEST_F(journal_file, gives_back_what_was_noted) {
  {
    auto journal = repair_journal::open(path_);
    ASSERT_TRUE(journal) << journal.error().describe();
    auto first = change();
    auto second = change();
    second.before.reset();
    second.what = action::put;
    ASSERT_TRUE(journal->intend(first, now));
    ASSERT_TRUE(journal->intend(second, now));
    ASSERT_TRUE(journal->settle(first.id, outcome::written, {}, now));
  }
  const auto entries = repair_journal::read(path_);
  ASSERT_TRUE(entries) << entries.error().describe();
  ASSERT_EQ(entries->size(), 2);
  EXPECT_EQ((*entries)[0].ended, outcome::written);
  EXPECT_EQ((*entries)[0].table, "arn:t");
  EXPECT_EQ(dynamodb::to_json(*(*entries)[0].before), R"({"pk":{"S":"a"},"v":{"N":"1"}})");
  EXPECT_EQ((*entries)[1].ended, outcome::open);
  EXPECT_FALSE((*entries)[1].before);
}

TEST_F(journal_file, is_for_its_owner_only) {
  ASSERT_TRUE(repair_journal::open(path_));
  EXPECT_EQ(std::filesystem::status(path_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(journal_file, goes_on_behind_a_torn_line) {
  {
    auto journal = repair_journal::open(path_);
    auto entry = change();
    ASSERT_TRUE(journal->intend(entry, now));
  }
  append(R"({"schema":1,"event":"inte)");
  {
    auto journal = repair_journal::open(path_);
    ASSERT_TRUE(journal) << journal.error().describe();
    auto entry = change();
    ASSERT_TRUE(journal->intend(entry, now));
    EXPECT_EQ(entry.id, 2);
  }
  EXPECT_EQ(repair_journal::read(path_)->size(), 2);
}

TEST_F(journal_file, of_somebody_else_is_refused_and_left_as_it_is) {
  append("hello\n");
  const auto journal = repair_journal::open(path_);
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().message.find("line 1"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path_), 6);
}

}  // namespace
}  // namespace ddm::repair
