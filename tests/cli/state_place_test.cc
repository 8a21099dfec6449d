// A state in a table, as command lines name it.
#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ddm::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using words = std::vector<std::string>;

std::expected<command_line, usage_faults> parse(const words& line) {
  return parse_command_line(line, aws::environment(), read_text_file);
}

std::vector<std::string> faults(const words& line) {
  const auto parsed = parse(line);
  return parsed ? std::vector<std::string>() : parsed.error().faults;
}

TEST(state_place, is_wanted_as_each_verb_takes_it) {
  const std::vector<std::pair<words, std::string>> wrong{
      {{"drop", "states"}, "state knows init, list, show, delete and copy, not \"drop\""},
      {{"list"}, "state list wants the name of the table"},
      {{"list", "dynamodb://states/orders"}, "state list takes the name of a table only"},
      {{"show", "states"}, "is not in a table: write dynamodb://TABLE/NAME"},
      {{"copy", "a.db", "b.db"}, "goes between a table and a file"},
      {{"copy", "a.db", "dynamodb://states/no name"}, "write dynamodb://TABLE/NAME"},
      {{"init", "states", "--region", "r"}, "state init wants --kms-key"},
      {{"init", "states", "--kms-key", "aws"}, "state init wants --region"},
      {{"list", "states", "--kms-key", "aws"}, "--kms-key is for state init only"}};
  for (const auto& [given, fault] : wrong) {
    words line{"state"};
    line.insert(line.end(), given.begin(), given.end());
    EXPECT_THAT(faults(line), ElementsAre(HasSubstr(fault)));
  }
  EXPECT_THAT(faults({"state", "copy", "dynamodb://states/orders", "a.db"}), IsEmpty());
}

TEST(state_place, in_a_table_is_reached_by_the_region_of_both_tables) {
  const auto options =
      parse({"--target-table", "t", "--state", "dynamodb://states/orders", "--region", "r"});
  ASSERT_TRUE(options);
  EXPECT_EQ(std::get<monitor_options>(*options).state.region, "r");
  for (const auto* command : {"monitor", "compare", "repair"}) {
    EXPECT_THAT(faults({command, "--target-table", "t", "--state", "dynamodb://states/orders"}),
                IsEmpty());
    EXPECT_THAT(faults({command, "--target-table", "t", "--state", "dynamodb://states"}),
                ElementsAre(HasSubstr("write dynamodb://TABLE/NAME")));
    EXPECT_THAT(faults({command, "--target-table", "t", "--state-profile", "p"}),
                ElementsAre(HasSubstr("say nothing unless --state names a state in a table")));
  }
}

TEST(state_place, of_a_repair_has_its_journal_too) {
  const auto repair = [](words more) {
    words line{"repair", "--target-table", "t"};
    line.insert(line.end(), more.begin(), more.end());
    return faults(line);
  };
  const std::string place = "dynamodb://states/orders";
  EXPECT_THAT(repair({"--state", place, "--undo", place}), IsEmpty());
  EXPECT_THAT(repair({"--state", place, "--journal", "j.jsonl"}),
              ElementsAre(HasSubstr("--journal names a file")));
  for (const auto& [state, undo] : {std::pair<std::string, std::string>{place, "j.jsonl"},
                                    {place, "dynamodb://states/users"},
                                    {"a.db", place}}) {
    EXPECT_THAT(repair({"--state", state, "--undo", undo}),
                ElementsAre(HasSubstr("the same dynamodb://TABLE/NAME")));
  }
}

TEST(state_place, of_any_command_is_copied_to_a_file) {
  const std::string place = "dynamodb://states/orders";
  EXPECT_THAT(faults({"state", "copy", place, "a.db", "--of", "repair"}), IsEmpty());
  EXPECT_THAT(faults({"state", "copy", place, "a.db", "--of", "plan"}),
              ElementsAre(HasSubstr("--of is none of monitor, compare and repair")));
  for (const words& line : {words{"state", "copy", "a.db", place, "--of", "compare"},
                            words{"state", "show", place, "--of", "compare"}}) {
    EXPECT_THAT(faults(line), ElementsAre(HasSubstr("from a table to a file only")));
  }
}

}  // namespace
}  // namespace ddm::cli
