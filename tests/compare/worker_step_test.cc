#include "compare/worker_step.h"

#include "compare/worker_share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::compare {
namespace {

TEST(worker_share, of_all_workers_has_each_segment_once) {
  for (const std::int64_t segments : {1, 7, 8, 9, 64, 1000}) {
    for (const std::int64_t workers : {1, 2, 3, 8, 13}) {
      std::int64_t sum = 0;
      for (std::int64_t segment = 0; segment < segments; ++segment) {
        int takers = 0;
        for (std::int64_t worker = 0; worker < workers; ++worker) {
          takers += worker_share{.worker = worker, .workers = workers}.takes(segment) ? 1 : 0;
        }
        EXPECT_EQ(takers, 1);
      }
      for (std::int64_t worker = 0; worker < workers; ++worker) {
        const worker_share share{.worker = worker, .workers = workers};
        std::int64_t own = 0;
        for (std::int64_t segment = 0; segment < segments; ++segment) {
          own += share.takes(segment) ? 1 : 0;
        }
        EXPECT_EQ(share.pairs_of(segments), own);
        sum += own;
      }
      EXPECT_EQ(sum, segments);
    }
  }
}

comparison_progress at(passing_on go, std::int64_t done) {
  return {.started_ms = 1,
          .segments = 8,
          .segments_done = done,
          .workers = 2,
          .passed_on = static_cast<std::int64_t>(go)};
}

TEST(worker_step, comes_in_its_order) {
  EXPECT_TRUE(check_step(worker_step::all, at(passing_on::no, 0)));
  EXPECT_TRUE(check_step(worker_step::all, at(passing_on::no, 3)));
  EXPECT_TRUE(check_step(worker_step::scan, at(passing_on::later, 3)));
  EXPECT_TRUE(check_step(worker_step::join, at(passing_on::done, 4)));
  EXPECT_EQ(check_step(worker_step::join, at(passing_on::later, 3)).error().kind,
            error_class::retry);
  EXPECT_EQ(check_step(worker_step::all, at(passing_on::later, 3)).error().kind,
            error_class::wrong_usage);
  EXPECT_EQ(check_step(worker_step::all, at(passing_on::done, 4)).error().kind,
            error_class::wrong_usage);
  for (const std::int64_t done : {0, 3}) {
    EXPECT_EQ(check_step(worker_step::scan, at(passing_on::no, done)).error().kind,
              error_class::wrong_usage);
  }
}

TEST(order_watch, takes_what_differs_for_what_it_is) {
  order_watch watch;
  for (int pair = 0; pair < 10; ++pair) {
    EXPECT_TRUE(watch.on_pair(1000, 400));
  }
}

TEST(order_watch, tells_other_orders_by_the_first_pairs) {
  order_watch watch;
  EXPECT_TRUE(watch.on_pair(1000, 990)) << "too few to tell";
  const auto told = watch.on_pair(1000, 990);
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().message, testing::HasSubstr("of the 2000 items"));
  EXPECT_TRUE(watch.on_pair(1000, 990)) << "once";
}

TEST(order_watch, tells_of_few_items_at_the_end) {
  order_watch watch;
  EXPECT_TRUE(watch.on_pair(150, 140));
  EXPECT_FALSE(watch.on_end());
  order_watch of_hardly_any;
  EXPECT_TRUE(of_hardly_any.on_pair(10, 10));
  EXPECT_TRUE(of_hardly_any.on_end()) << "they are judged at no cost";
}

TEST(order_watch, is_not_misled_by_empty_pairs) {
  order_watch watch;
  for (int pair = 0; pair < 100; ++pair) {
    EXPECT_TRUE(watch.on_pair(0, 0));
  }
  EXPECT_TRUE(watch.on_pair(1999, 1999));
  EXPECT_FALSE(watch.on_pair(1, 1));
}

}  // namespace
}  // namespace ddm::compare
