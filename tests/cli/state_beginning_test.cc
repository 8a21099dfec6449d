// Which copy a command's state in a table begins from.
#include "cli/state_beginning.h"

#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

TEST(state_beginning, of_a_monitor_is_its_own_copy_whatever_others_have) {
  EXPECT_EQ(choose_base({.command = "monitor", .own = true, .another = true}), base::own);
  EXPECT_EQ(choose_base({.command = "monitor", .own = true}), base::own);
}

TEST(state_beginning, of_a_monitor_without_a_copy_is_another_ones_so_that_both_are_of_one_state) {
  EXPECT_EQ(choose_base({.command = "monitor", .another = true}), base::another);
  EXPECT_EQ(choose_base({.command = "monitor"}), base::nothing);
}

TEST(state_beginning, of_a_comparison_is_the_monitors_newest_copy) {
  EXPECT_EQ(choose_base({.command = "compare", .monitors = true}), base::monitors);
  EXPECT_EQ(
      choose_base({.command = "compare", .own = true, .of_one_state = true, .monitors = true}),
      base::monitors);
}

TEST(state_beginning, of_an_unfinished_comparison_is_its_own_copy) {
  beginning_facts facts{.command = "compare",
                        .own = true,
                        .of_one_state = true,
                        .unfinished = true,
                        .monitors = true};
  EXPECT_EQ(choose_base(facts), base::own);
  facts.begins_anew = true;
  EXPECT_EQ(choose_base(facts), base::monitors);
  facts = {.command = "compare", .own = true, .unfinished = true, .monitors = true};
  EXPECT_EQ(choose_base(facts), base::monitors) << "the monitor has begun anew since";
  EXPECT_EQ(choose_base({.command = "compare", .own = true}), base::own) << "without a monitor";
}

TEST(state_beginning, of_a_repair_is_what_others_have_found) {
  EXPECT_EQ(choose_base({.command = "repair",
                         .own = true,
                         .of_one_state = true,
                         .unfinished = true,
                         .monitors = true,
                         .another = true}),
            base::monitors);
  EXPECT_EQ(choose_base({.command = "repair", .own = true, .another = true}), base::another);
  EXPECT_EQ(choose_base({.command = "repair", .own = true}), base::own);
  EXPECT_EQ(choose_base({.command = "repair"}), base::nothing);
}

}  // namespace
}  // namespace ddm::cli
