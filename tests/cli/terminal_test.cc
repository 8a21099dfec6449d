#include "cli/terminal.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace ddm::cli {
namespace {

terminal_manner manner(const std::map<std::string, std::string, std::less<>>& variables,
                       bool is_terminal = true, bool quiet = false) {
  return terminal_manner_of(aws::environment(variables), is_terminal, quiet);
}

TEST(terminal_manner, is_live_on_a_terminal_that_can_do_more_than_print) {
  EXPECT_TRUE(manner({{"TERM", "xterm"}}).live);
  EXPECT_FALSE(manner({{"TERM", "dumb"}}).live);
  EXPECT_FALSE(manner({}).live);
  EXPECT_FALSE(manner({{"TERM", "xterm"}}, false).live);
  EXPECT_FALSE(manner({{"TERM", "xterm"}}, true, true).live);
}

TEST(terminal_manner, has_colour_unless_somebody_minds) {
  EXPECT_TRUE(manner({{"TERM", "xterm"}}).colour);
  EXPECT_TRUE(manner({{"TERM", "xterm"}, {"NO_COLOR", ""}}).colour) << "empty is not set";
  EXPECT_FALSE(manner({{"TERM", "xterm"}, {"NO_COLOR", "1"}}).colour);
}

TEST(terminal_manner, is_unicode_by_the_locale_that_counts) {
  EXPECT_TRUE(manner({{"TERM", "xterm"}, {"LANG", "de_DE.UTF-8"}}).unicode);
  EXPECT_TRUE(manner({{"TERM", "xterm"}, {"LC_CTYPE", "C.utf8"}, {"LANG", "C"}}).unicode);
  EXPECT_FALSE(manner({{"TERM", "xterm"}, {"LC_ALL", "C"}, {"LANG", "de_DE.UTF-8"}}).unicode);
  EXPECT_FALSE(manner({{"TERM", "xterm"}}).unicode);
}

TEST(panel_size, leaves_a_column_and_some_rows) {
  const auto rows = [](std::size_t of) { return panel_size_in({.columns = 80, .rows = of}).rows; };
  EXPECT_EQ(panel_size_in({.columns = 80, .rows = 24}).columns, 79U);
  EXPECT_EQ(panel_size_in({.columns = 1, .rows = 1}).columns, 1U);
  EXPECT_EQ(rows(0), 1U);
  EXPECT_EQ(rows(1), 1U);
  EXPECT_EQ(rows(3), 2U);
  EXPECT_EQ(rows(10), 8U);
  EXPECT_EQ(rows(24), 12U);
  EXPECT_EQ(rows(200), 24U);
}

}  // namespace
}  // namespace ddm::cli
