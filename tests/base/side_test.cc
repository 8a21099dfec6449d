#include "base/side.h"

#include <gtest/gtest.h>

namespace ddm {
namespace {

TEST(side, its_words_are_those_of_flags_log_lines_and_the_state) {
  EXPECT_EQ(to_string(side::source), "source");
  EXPECT_EQ(to_string(side::target), "target");
}

TEST(side, the_other_one_of_the_other_one_is_itself) {
  EXPECT_EQ(other(side::source), side::target);
  EXPECT_EQ(other(other(side::source)), side::source);
}

TEST(per_side, a_value_is_found_by_its_side) {
  per_side<int> values{.source = 1, .target = 2};
  values[side::target] += 40;
  EXPECT_EQ(values[side::source], 1);
  EXPECT_EQ(values.target, 42);
}

}  // namespace
}  // namespace ddm
