#include "repair/repair_journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
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

  [[nodiscard]] std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

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
  for (const std::string_view theirs :
       {"hello\n", "hello", "{\"schema\":1}", "{\"schema\":1,\"event\":\"confirmed\"",
        "{\"schema\":1,\"event\":\"written\",\"idle\":1}", " ", "\n",
        R"({"schema":1,"key":{"pk":{"S":"a"}},"kind":"missing")", "SQLite format 3"}) {
    std::filesystem::remove(path_);
    append(theirs);
    for (const auto& refused :
         {repair_journal::read(path_).error(), repair_journal::open(path_).error()}) {
      EXPECT_NE(refused.message.find("line 1"), std::string::npos) << theirs;
    }
    EXPECT_EQ(content(), theirs);
  }
}

TEST_F(journal_file, with_somebody_elses_last_line_is_refused_and_left_as_it_is) {
  {
    auto journal = repair_journal::open(path_);
    auto entry = change();
    ASSERT_TRUE(journal->intend(entry, now));
  }
  append("a note of mine");
  const auto before = content();
  EXPECT_NE(repair_journal::open(path_).error().message.find("line 2"), std::string::npos);
  EXPECT_EQ(content(), before);
}

TEST_F(journal_file, may_end_anywhere_within_its_last_line) {
  {
    auto journal = repair_journal::open(path_);
    auto first = change();
    ASSERT_TRUE(journal->intend(first, now));
    ASSERT_TRUE(journal->settle(first.id, outcome::written, {}, now));
  }
  const auto whole = content();
  const auto second_line = whole.find('\n') + 1;
  for (auto bytes = second_line; bytes < whole.size(); ++bytes) {
    std::filesystem::remove(path_);
    append(std::string_view(whole).substr(0, bytes));
    const auto entries = repair_journal::read(path_);
    ASSERT_TRUE(entries) << bytes;
    EXPECT_EQ(entries->at(0).ended, outcome::open);
    EXPECT_EQ(content().size(), bytes) << "reading changes nothing";
    ASSERT_TRUE(repair_journal::open(path_));
    EXPECT_EQ(content().size(), second_line);
  }
}

TEST_F(journal_file, that_is_empty_has_no_entries) {
  append("");
  EXPECT_TRUE(repair_journal::read(path_)->empty());
  EXPECT_TRUE(repair_journal::open(path_));
}

TEST_F(journal_file, is_a_file) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(repair_journal::open(path_));
  EXPECT_FALSE(repair_journal::read(path_));
  EXPECT_FALSE(repair_journal::open("/dev/null"));
  EXPECT_FALSE(repair_journal::open(std::filesystem::temp_directory_path()));
}

}  // namespace
}  // namespace ddm::repair
