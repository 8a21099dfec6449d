#include "compare/comparison_progress.h"

#include <gtest/gtest.h>

namespace ddm::compare {
namespace {

TEST(comparison_progress, survives_being_saved_and_commands_do_not_share_it) {
  comparison_progress progress{.started_ms = 1,
                               .segments = 64,
                               .sample_rate = 10,
                               .attempt = 3,
                               .segments_done = 7,
                               .leftover_bytes = 99,
                               .scanned = {.source_items = 5, .target_items = 6, .equal = 4},
                               .candidates = 2,
                               .ignored = "aws:rep:*",
                               .made_by = "compare"};
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> values;
  progress.save("compare", numbers, values);
  EXPECT_EQ(comparison_progress::load("compare", numbers, values), progress);
  EXPECT_FALSE(comparison_progress::load("monitor", numbers, values).begun());
}

TEST(comparison_progress, is_judged_only_when_every_candidate_has_an_outcome) {
  comparison_progress progress{.started_ms = 1, .segments = 2, .segments_done = 2};
  EXPECT_FALSE(progress.all_judged()) << "the leftovers were not joined";
  progress.parts = 3;
  progress.parts_joined = 3;
  progress.candidates = 1;
  EXPECT_FALSE(progress.all_judged());
  progress.candidates_closed = 1;
  EXPECT_TRUE(progress.all_judged());
}

TEST(comparison_view, estimates_from_items_and_never_believes_an_old_description) {
  comparison_view view{.progress = {.started_ms = 1, .segments = 10, .segments_done = 2},
                       .seen = {.source_items = 500, .target_items = 500},
                       .seen_in_process = 1000,
                       .reading = std::chrono::seconds{10},
                       .expected_items = 4000};
  EXPECT_DOUBLE_EQ(view.share_read(), 0.25);
  EXPECT_DOUBLE_EQ(view.items_per_second(), 100);
  EXPECT_EQ(view.remaining(), std::chrono::seconds{30});
  view.expected_items = 900;
  EXPECT_DOUBLE_EQ(view.share_read(), 0.2) << "by segments";
  view.progress.segments_done = 10;
  EXPECT_DOUBLE_EQ(view.share_read(), 1);
  EXPECT_FALSE(view.remaining());
}

}  // namespace
}  // namespace ddm::compare
