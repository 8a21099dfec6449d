// How the lag of replication is measured.
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

TEST(lag_probes, measure_between_the_last_unequal_and_the_first_equal_look) {
  auto settings = plain_settings();
  settings.lag_probes_per_second = 5;
  check_driver run(settings);
  run.fresh = true;
  run.write_replicated("quick", 1, 100ms);
  run.write_replicated("slow", 1, 3s);
  run.run_for(10s);
  ASSERT_THAT(run.out.lags, SizeIs(2));
  EXPECT_EQ(run.out.lags[0].lag, 500ms);
  EXPECT_TRUE(run.out.lags[0].upper_bound);
  EXPECT_EQ(run.out.lags[1].lag, 4s);
  EXPECT_FALSE(run.out.lags[1].upper_bound);
}

TEST(lag_probes, are_few_and_leave_out_backlog_and_superseded_changes) {
  auto settings = plain_settings();
  settings.lag_probes_per_second = 5;
  check_driver run(settings);
  for (int i = 0; i < 10; ++i) {
    run.write_replicated("backlog" + std::to_string(i), 1, 0ms);
  }
  run.fresh = true;
  run.write_replicated("changed", 1, 0ms);
  run.write_replicated("changed", 2, 0ms);
  for (int i = 0; i < 1000; ++i) {
    run.write_replicated("k" + std::to_string(i), 1, 0ms);
    run.run_for(10ms);
  }
  run.run_for(2min);
  EXPECT_EQ(run.out.verified, 1011);
  EXPECT_NEAR(static_cast<double>(run.out.lags.size()), 4 + 50, 3);
}

}  // namespace
}  // namespace ddm::verify
