#include "repair/repair_journal.h"

#include "dynamodb/answer_bounds.h"
#include "repair/read_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
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

  void note_one() const {
    auto journal = repair_journal::open(path_);
    ASSERT_TRUE(journal) << journal.error().describe();
    auto entry = change();
    ASSERT_TRUE(journal->intend(entry, now));
  }

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
  const auto entries = read_journal(path_);
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
  EXPECT_EQ(read_journal(path_)->size(), 2);
}

TEST_F(journal_file, of_somebody_else_is_refused_and_left_as_it_is) {
  for (const std::string_view theirs :
       {"hello\n", "hello", "{\"schema\":1}", "{\"schema\":1,\"event\":\"confirmed\"",
        "{\"schema\":1,\"event\":\"written\",\"idle\":1}", " ", "\n",
        R"({"schema":1,"key":{"pk":{"S":"a"}},"kind":"missing")", "SQLite format 3"}) {
    std::filesystem::remove(path_);
    append(theirs);
    for (const auto& refused : {read_journal(path_).error(), repair_journal::open(path_).error()}) {
      EXPECT_NE(refused.message.find("line 1"), std::string::npos) << theirs;
    }
    EXPECT_EQ(content(), theirs);
  }
}

TEST_F(journal_file, keeps_somebody_elses_last_line_and_goes_on_below_it) {
  note_one();
  append("a note of mine");
  const auto before = content();
  auto entry = change();
  ASSERT_TRUE(repair_journal::open(path_)->intend(entry, now));
  EXPECT_TRUE(content().starts_with(before + "\n"));
  const auto journal = repair_journal::open_to_read(path_);
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->places().size(), 2);
  EXPECT_THAT(journal->unreadable().first, testing::ElementsAre(2));
}

TEST_F(journal_file, is_read_but_for_the_lines_that_cannot_be) {
  for (int i = 0; i < 3; ++i) {
    note_one();
    append(i == 1 ? "\xff\n"
                  : "{\"schema\":1,\"event\":\"failed\",\"id\":1,\"message\":\"\xe4\"}\n");
  }
  const auto journal = repair_journal::open(path_);
  ASSERT_TRUE(journal) << journal.error().describe();
  EXPECT_THAT(journal->unreadable().first, testing::ElementsAre(2, 4, 6));
  ASSERT_EQ(journal->places().size(), 3);
  EXPECT_EQ(journal->places()[2].id, 3);
  EXPECT_EQ(journal->entry_at(journal->places()[2])->key_json, change().key_json);
}

TEST_F(journal_file, is_one_though_its_first_line_is_damaged) {
  note_one();
  note_one();
  auto text = content();
  text[text.find("before")] = '\xff';
  std::filesystem::remove(path_);
  append(text);
  append(R"({"schema":1,"event":"written","id":1})"
         "\n");
  auto journal = repair_journal::open(path_);
  ASSERT_TRUE(journal) << journal.error().describe();
  EXPECT_THAT(journal->unreadable().first, testing::ElementsAre(1));
  ASSERT_EQ(journal->places().size(), 1);
  EXPECT_EQ(journal->places()[0].id, 2);
  auto entry = change();
  ASSERT_TRUE(journal->intend(entry, now));
  EXPECT_EQ(entry.id, 3);
}

TEST_F(journal_file, knows_no_entry_that_was_never_begun) {
  note_one();
  append(R"({"schema":1,"event":"written","id":7})"
         "\n");
  const auto journal = repair_journal::open(path_);
  ASSERT_TRUE(journal);
  EXPECT_THAT(journal->unreadable().first, testing::ElementsAre(2));
}

TEST_F(journal_file, takes_no_line_longer_than_any_of_its_own) {
  note_one();
  append(std::string(dynamodb::line_bytes_max + 1, 'x'));
  const auto bytes = std::filesystem::file_size(path_);
  {
    auto journal = repair_journal::open(path_);
    ASSERT_TRUE(journal);
    EXPECT_THAT(journal->unreadable().first, testing::ElementsAre(2));
  }
  EXPECT_EQ(std::filesystem::file_size(path_), bytes) << "nothing of somebody else's is cut";
  append("\n");
  note_one();
  EXPECT_EQ(read_journal(path_)->size(), 2);
}

TEST_F(journal_file, refuses_an_entry_that_it_could_not_read_back) {
  auto journal = repair_journal::open(path_);
  auto huge = change();
  huge.before->insert_or_assign(
      "v", dynamodb::attribute_value{std::string(dynamodb::line_bytes_max, 'x')});
  const auto refused = journal->intend(huge, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, repair_journal::unfit);
  EXPECT_EQ(content(), "");
  auto next = change();
  ASSERT_TRUE(journal->intend(next, now));
  EXPECT_EQ(next.id, 1);
  EXPECT_EQ(read_journal(path_)->size(), 1);
}

TEST_F(journal_file, is_utf_8_whatever_a_service_says) {
  {
    auto journal = repair_journal::open(path_);
    auto entry = change();
    ASSERT_TRUE(journal->intend(entry, now));
    ASSERT_TRUE(
        journal->settle(entry.id, outcome::failed, "Zugriff verweigert f\xfcr id \x01", now));
  }
  const auto journal = repair_journal::open_to_read(path_);
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->unreadable().count, 0);
  EXPECT_EQ(journal->places().at(0).ended, outcome::failed);
}

TEST_F(journal_file, is_of_one_process_at_a_time) {
  const auto first = repair_journal::open(path_);
  ASSERT_TRUE(first);
  const auto second = repair_journal::open(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, error_class::fatal);
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos);
  EXPECT_TRUE(repair_journal::open_to_read(path_)) << "a plan only reads";
}

TEST_F(journal_file, is_free_again_when_its_process_ends) {
  {
    ASSERT_TRUE(repair_journal::open(path_));
  }
  EXPECT_TRUE(repair_journal::open(path_));
}

TEST_F(journal_file, is_as_before_after_a_line_that_found_no_room) {
  auto journal = repair_journal::open(path_);
  auto first = change();
  ASSERT_TRUE(journal->intend(first, now));
  const auto before = content();
  {
    const disk_of_bytes full(before.size() + 20);
    auto second = change();
    EXPECT_FALSE(journal->intend(second, now));
  }
  EXPECT_EQ(content(), before);
  ASSERT_TRUE(journal->settle(first.id, outcome::written, {}, now));
  auto third = change();
  ASSERT_TRUE(journal->intend(third, now));
  EXPECT_EQ(third.id, 2);
  EXPECT_EQ(read_journal(path_)->size(), 2);
}

TEST_F(journal_file, tells_whose_writes_may_still_stand) {
  auto journal = repair_journal::open(path_);
  auto entry = change();
  ASSERT_TRUE(journal->intend(entry, now));
  const auto check = [this](const char* table) {
    return repair_journal::open_to_read(path_)->check_table(table);
  };
  EXPECT_TRUE(check("arn:t"));
  const auto other = check("arn:other");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, error_class::wrong_usage);
  EXPECT_NE(other.error().message.find("arn:t,"), std::string::npos);
  ASSERT_TRUE(journal->settle(entry.id, outcome::undone, {}, now));
  EXPECT_TRUE(check("arn:other"));
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
    const auto entries = read_journal(path_);
    ASSERT_TRUE(entries) << bytes;
    EXPECT_EQ(entries->at(0).ended, outcome::open);
    EXPECT_EQ(content().size(), bytes) << "reading changes nothing";
    ASSERT_TRUE(repair_journal::open(path_));
    EXPECT_EQ(content().size(), second_line);
  }
}

TEST_F(journal_file, that_is_empty_has_no_entries) {
  append("");
  EXPECT_TRUE(read_journal(path_)->empty());
  EXPECT_TRUE(repair_journal::open(path_));
}

TEST_F(journal_file, has_a_place_that_may_be_used) {
  EXPECT_TRUE(repair_journal::check_place(path_));
  EXPECT_FALSE(std::filesystem::exists(path_));
  const std::string absent = "/nonexistent/journal.jsonl";
  for (const auto& refused :
       {repair_journal::check_place(absent).error(), repair_journal::open(absent).error(),
        repair_journal::open_to_read(absent).error()}) {
    EXPECT_EQ(refused.kind, error_class::wrong_usage);
    EXPECT_THAT(refused.message, testing::HasSubstr(absent));
    EXPECT_THAT(refused.message, testing::Not(testing::HasSubstr("make room")));
  }
}

TEST_F(journal_file, is_a_file) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(repair_journal::open(path_));
  EXPECT_FALSE(read_journal(path_));
  EXPECT_FALSE(repair_journal::open("/dev/null"));
  EXPECT_FALSE(repair_journal::open(std::filesystem::temp_directory_path()));
}

}  // namespace
}  // namespace ddm::repair
