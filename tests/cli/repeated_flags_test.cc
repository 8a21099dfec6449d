// A flag that stands twice in a command line.
#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ddm::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::expected<command_line, usage_faults> parse(std::vector<std::string> words) {
  words.insert(words.begin(), {"monitor", "--target-table", "t"});
  return parse_command_line(words, aws::environment(), read_text_file);
}

std::vector<std::string> faults(std::vector<std::string> words) {
  const auto line = parse(std::move(words));
  return line ? std::vector<std::string>() : line.error().faults;
}

TEST(repeated_flags, two_values_are_refused_where_one_counts) {
  EXPECT_THAT(
      faults({"--max-lag", "5s", "-max-lag=9s", "--verbose", "--verbose=false"}),
      UnorderedElementsAre("--max-lag is given twice, as \"5s\" and as \"9s\": leave one out",
                           HasSubstr("--verbose is given twice")));
  EXPECT_THAT(faults({"--target-table", "u"}), ElementsAre(HasSubstr("--target-table is given")));
}

TEST(repeated_flags, no_fault_shows_a_secret) {
  EXPECT_THAT(
      faults({"--alert-webhook", "https://a/s3cret", "--alert-webhook", "https://b/s3cret"}),
      ElementsAre(AllOf(HasSubstr("--alert-webhook is given twice"), Not(HasSubstr("s3cret")))));
}

TEST(repeated_flags, the_same_value_says_nothing_new) {
  EXPECT_THAT(faults({"--max-lag", "5s", "--max-lag", "5s", "--verbose", "--verbose"}), IsEmpty());
}

TEST(repeated_flags, each_counts_where_several_may_stand) {
  const auto line = parse({"--accept", "ttl", "--accept", "stream"});
  ASSERT_TRUE(line);
  EXPECT_THAT(std::get<monitor_options>(*line).accept, ElementsAre("ttl", "stream"));
}

}  // namespace
}  // namespace ddm::cli
