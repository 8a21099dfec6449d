#include "cli/what_comes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto midnight = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
const wall_time noon = midnight + 12h;

monitor_outlook outlook() { return {.now = noon, .items = 4'000}; }

monitor_options with_baseline() {
  monitor_options options;
  options.baseline = true;
  options.sample_rate = 1;
  return options;
}

TEST(what_comes, tells_the_first_check_the_first_block_and_the_first_go) {
  EXPECT_THAT(
      what_comes(with_baseline(), outlook()),
      ElementsAre("first checks in 5 s (35 s at most while few changes come), first block in 30 s",
                  "GO no sooner than 12:15:00Z, in 15 min: replication caught up for 10 min, then "
                  "4,000 items compared, then all well for 5 min",
                  StartsWith("GO also waits for whatever is wrong"), HasSubstr("until Ctrl-C")));
}

TEST(what_comes, counts_the_time_that_reading_takes_at_least) {
  auto known = outlook();
  known.reading_least = 2min;
  EXPECT_THAT(what_comes(with_baseline(), known), Contains(HasSubstr("12:17:00Z, in 17 min")));
}

TEST(what_comes, tells_another_day) {
  auto known = outlook();
  known.now = midnight + 23h + 50min;
  EXPECT_THAT(what_comes(with_baseline(), known), Contains(HasSubstr("2026-01-02T00:05:00Z")));
}

TEST(what_comes, promises_no_go_where_nothing_can_bring_it) {
  EXPECT_THAT(what_comes(monitor_options{}, outlook()),
              Contains(StartsWith("no GO before the items at rest are compared")));
  auto known = outlook();
  known.reads_target_stream = true;
  EXPECT_THAT(what_comes(with_baseline(), known), Contains(StartsWith("no GO: the target's")));
}

TEST(what_comes, calls_a_sampled_go_what_it_is) {
  auto options = with_baseline();
  options.sample_rate = 100;
  EXPECT_THAT(what_comes(options, outlook()), Contains(StartsWith("GO (sampled) no sooner")));
  options.accept_sampled = true;
  EXPECT_THAT(what_comes(options, outlook()), Contains(StartsWith("GO no sooner")));
}

TEST(what_comes, builds_on_a_comparison_that_counts_already) {
  auto known = outlook();
  known.comparison_counts = true;
  monitor_options options;
  options.sample_rate = 1;
  EXPECT_THAT(what_comes(options, known),
              Contains(AllOf(StartsWith("GO: the comparison that the state holds counts"),
                             HasSubstr("all well for 5 min"), Not(HasSubstr("sooner")))));
}

TEST(what_comes, a_comparison_of_a_sample_is_no_ground_for_plain_go) {
  auto known = outlook();
  known.comparison_counts = true;
  known.comparison_is_sampled = true;
  monitor_options options;
  options.sample_rate = 1;
  EXPECT_THAT(what_comes(options, known), Contains(StartsWith("GO (sampled): the comparison")));
  options.freeze_at = noon + 1min;
  options.require_go = true;
  EXPECT_THAT(what_comes(options, known), Contains(StartsWith("GO (sampled): the comparison")))
      << "nobody compares once more";
  options.baseline = true;
  EXPECT_THAT(what_comes(options, known), Contains(StartsWith("GO: the comparison")));
}

TEST(what_comes, a_freeze_may_come_before_the_calm) {
  auto options = with_baseline();
  options.sample_rate = 100;
  options.freeze_at = noon + 1min;
  EXPECT_THAT(what_comes(options, outlook()), Contains(StartsWith("GO (sampled) no sooner")));
  options.require_go = true;
  EXPECT_THAT(what_comes(options, outlook()),
              AllOf(Contains(StartsWith("GO no sooner than 12:02:00Z, in 2 min")),
                    Contains(HasSubstr("written before 12:01:00Z is judged, 1 min after"))));
}

TEST(what_comes, says_when_a_run_is_too_short_for_go) {
  auto options = with_baseline();
  options.duration = 10min;
  EXPECT_THAT(what_comes(options, outlook()), Contains("ends in 10 min: too soon for GO"));
  options.duration = 1h;
  EXPECT_THAT(what_comes(options, outlook()), Contains("ends in 1 h"));
  options.duration.reset();
  options.until_caught_up = true;
  EXPECT_THAT(what_comes(options, outlook()), Contains(HasSubstr("every change made until now")));
}

TEST(what_comes, an_awaited_target_is_waited_for) {
  auto known = outlook();
  known.target_ready = false;
  EXPECT_THAT(what_comes(with_baseline(), known),
              Contains(StartsWith("first checks when the target table is there")));
}

TEST(what_comes, of_a_comparison) {
  EXPECT_THAT(what_comes(compare_options{}, {.items = 8'000, .reading_least = 65s}),
              ElementsAre("first block in 30 s; about 8,000 items to read, 1 min 5 s at least at "
                          "its read budget",
                          "what differs is judged 1 min after it was read; then it ends",
                          StartsWith("WAIT at best")));
  EXPECT_THAT(what_comes(compare_options{}, {.resumes = true, .items = 8'000}),
              Contains("first block in 30 s; about 8,000 items to read, less what is done"));
}

}  // namespace
}  // namespace ddm::cli
