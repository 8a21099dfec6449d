#include "summary/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::summary {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::SizeIs;

const auto begin = from_ms(1'767'225'600'000);

past_point point(milliseconds after, verdict_kind verdict, double open = 0) {
  return {.at = begin + after, .verdict = verdict, .figures = {{"open", open}}};
}

TEST(past, reads_points_and_leaves_out_what_is_damaged) {
  const auto points = read_points({R"({"at":"2026-01-01T00:00:00Z","verdict":"GO","a":1.5})", "{",
                                   R"({"at":"2026-01-01T00:01:00Z","verdict":"<b>"})",
                                   R"({"at":"2025-01-01T00:01:00Z","verdict":"GO"})",
                                   R"({"at":"2026-01-01T00:02:00Z","verdict":"NO-GO","a":"x"})"});
  ASSERT_THAT(points, SizeIs(2));
  EXPECT_EQ(points[0].verdict, verdict_kind::go);
  EXPECT_EQ(points[0].figures.at("a"), 1.5);
  EXPECT_EQ(points[1].verdict, verdict_kind::no_go);
  EXPECT_TRUE(points[1].figures.empty());
}

TEST(past, tells_when_the_verdict_changed) {
  using enum verdict_kind;
  const auto changes =
      verdict_changes({point(0s, wait), point(1min, wait), point(2min, go), point(3min, no_go)});
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[1].at, begin + 2min);
  EXPECT_EQ(changes[1].verdict, go);
  EXPECT_THAT(verdict_changes({}), SizeIs(0));
}

TEST(past, is_thinned_without_losing_a_peak_or_a_bad_verdict) {
  std::vector<past_point> points;
  for (int minute = 0; minute < 1000; ++minute) {
    const bool bad = minute == 501;
    points.push_back(point(std::chrono::minutes(minute),
                           bad ? verdict_kind::no_go : verdict_kind::go, bad ? 9 : 1));
  }
  const auto few = thinned(points, 100);
  EXPECT_LE(few.size(), 100U);
  EXPECT_GE(few.size(), 90U);
  EXPECT_EQ(std::ranges::count(few, verdict_kind::no_go, &past_point::verdict), 1);
  EXPECT_EQ(
      std::ranges::count_if(few, [](const auto& each) { return each.figures.at("open") == 9; }), 1);
  EXPECT_EQ(thinned(points, 1000).size(), 1000U);
}

TEST(past, knows_when_nobody_watched) {
  std::vector<wall_time> at;
  at.reserve(60);
  for (int minute = 0; minute < 60; ++minute) {
    at.push_back(begin + std::chrono::minutes(minute < 30 ? minute : minute + 10));
  }
  EXPECT_FALSE(watched_before(at, 0));
  EXPECT_TRUE(watched_before(at, 29));
  EXPECT_FALSE(watched_before(at, 30));
  EXPECT_TRUE(watched_before(at, 31));
}

}  // namespace
}  // namespace ddm::summary
