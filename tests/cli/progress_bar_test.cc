#include "cli/progress_bar.h"

#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;

TEST(progress_bar, tells_share_pace_and_time_left) {
  EXPECT_EQ(render_progress(500, 1000, "items", 5s, 100),
            "[###############...............] 500 of 1,000 items, 100/s, 5 s left");
  EXPECT_EQ(render_progress(1000, 1000, "items", 10s, 100),
            "[##############################] 1,000 of 1,000 items");
}

TEST(progress_bar, rounds_the_time_left_up) {
  EXPECT_EQ(render_progress(999, 1000, "items", 9990ms, 100),
            "[#############################.] 999 of 1,000 items, 100/s, 1 s left");
}

TEST(progress_bar, says_nothing_of_the_pace_before_it_is_known) {
  EXPECT_EQ(render_progress(0, 3, "keys", 0s, 100), "[..............................] 0 of 3 keys");
}

TEST(progress_bar, fits_the_terminal) {
  EXPECT_EQ(render_progress(1, 3, "keys", 2s, 20).size(), 20U);
}

}  // namespace
}  // namespace ddm::cli
