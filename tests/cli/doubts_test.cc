#include "cli/doubts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(doubts, there_are_none_about_the_defaults) {
  EXPECT_THAT(doubts_about({}, false), IsEmpty());
  EXPECT_THAT(doubts_about({}, true), IsEmpty());
}

TEST(doubts, arise_about_waits_that_are_longer_than_the_max_lag) {
  monitor_options options;
  options.max_lag = 20s;
  options.replication_wait = 2min;
  options.batch_wait = 30s;
  EXPECT_THAT(
      doubts_about(options, false),
      ElementsAre(AllOf(HasSubstr("--replication-wait-time 2m"), HasSubstr("--max-lag 20s")),
                  AllOf(HasSubstr("--validation-interval 30s"), HasSubstr("--max-lag 20s"))));
  options.replication_wait = options.batch_wait = options.max_lag;
  EXPECT_THAT(doubts_about(options, false), IsEmpty());
}

TEST(doubts, arise_about_a_go_that_cannot_come_in_this_run) {
  monitor_options options;
  options.require_go = true;
  EXPECT_THAT(doubts_about(options, false),
              ElementsAre(AllOf(HasSubstr("--require-go"), HasSubstr("--baseline"))));
  EXPECT_THAT(doubts_about(options, true), IsEmpty()) << "it may stand on the state's comparison";
  options.baseline = true;
  EXPECT_THAT(doubts_about(options, false), IsEmpty());
  options = {};
  options.settle = 1min;
  EXPECT_THAT(doubts_about(options, false), ElementsAre(HasSubstr("--settle without --baseline")));
  EXPECT_THAT(doubts_about(options, true), IsEmpty());
}

}  // namespace
}  // namespace ddm::cli
