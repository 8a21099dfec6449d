#include "report/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const auto begin = from_ms(1'767'225'600'000);  // a whole hour

status at(wall_time when) {
  status now;
  now.at = when;
  now.events.unique = 7;
  return now;
}

TEST(history, keeps_one_point_a_minute) {
  history kept("monitor", {});
  for (auto second = 0s; second < 180s; second += 1s) {
    kept.add(at(begin + second));
  }
  const auto points = kept.points(begin + 180s, begin);
  ASSERT_THAT(points, SizeIs(3));
  EXPECT_THAT(points[1], HasSubstr(R"("at":"2026-01-01T00:01:00Z")"));
  EXPECT_THAT(points[1], HasSubstr(R"("events_unique":7.0)"));
  EXPECT_THAT(points[1], HasSubstr(R"("verdict":"WAIT")"));
  EXPECT_THAT(kept.points(begin + 180s, begin + 61s), SizeIs(1));
}

TEST(history, keeps_a_day_of_minutes_and_two_weeks_of_quarters_and_no_more) {
  history kept("monitor", {});
  std::map<std::string, std::string> state;
  const auto end = begin + 20 * 24h;
  for (auto when = begin; when < end; when += 1min) {
    kept.add(at(when));
    for (auto& [name, value] : kept.take_new()) {
      state.insert_or_assign(name, value);
    }
  }
  EXPECT_THAT(state, SizeIs(1440 + 1344));
  const auto points = kept.points(end, begin);
  EXPECT_THAT(points, SizeIs(1440 + 1344 - 96));  // a quarter of the last day is a minute, too
  EXPECT_THAT(points.front(), HasSubstr(R"("at":"2026-01-07T00:00:00Z")"));
  EXPECT_EQ(history("monitor", state).points(end, begin), points);
  EXPECT_THAT(history("compare", state).points(end, begin), IsEmpty());
}

TEST(history, tells_nothing_twice_and_nothing_that_is_over) {
  history kept("monitor", {});
  kept.add(at(begin));
  EXPECT_THAT(kept.points(begin + 1min, begin), SizeIs(1));
  EXPECT_THAT(kept.points(begin + 25h, begin), SizeIs(1));  // the quarter
  EXPECT_THAT(kept.points(begin + 15 * 24h, begin), IsEmpty());
  EXPECT_THAT(kept.points(begin - 1min, begin - 2h), IsEmpty());  // the clock was set back
}

TEST(history, leaves_out_what_is_damaged) {
  const history kept("monitor", {{"history.monitor.m.1", "{"},
                                 {"history.monitor.m.2", R"({"at":"x"})"},
                                 {"history.monitor.m.3", R"({"at":"2026-01-01T00:00:00Z"})"},
                                 {"history.other.m.3", R"({"at":"2026-01-01T00:00:00Z"})"}});
  EXPECT_THAT(kept.points(begin + 1min, begin), SizeIs(1));
}

}  // namespace
}  // namespace ddm::report
