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
                                   R"({"at":"2026-01-01T00:02:00Z","verdict":"NO-GO","a":"x"})"},
                                  begin + 3min);
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

std::string stored(milliseconds after, const std::string& verdict, int open = 0, int more = 0) {
  return R"({"at":")" + format_rfc3339(begin + after) + R"(","verdict":")" + verdict +
         R"(","open_keys_all":)" + std::to_string(open) + R"(,"mismatches_unlisted_all":)" +
         std::to_string(more) + "}";
}

TEST(past, knows_when_nobody_watched_and_says_so_between_the_verdicts) {
  std::vector<std::string> texts;
  texts.reserve(60);
  for (int minute = 0; minute < 60; ++minute) {
    texts.push_back(stored(std::chrono::minutes(minute < 30 ? minute : minute + 10),
                           minute < 30 ? "GO" : "WAIT"));
  }
  const auto points = read_points(texts, begin + 71min);
  EXPECT_EQ(std::ranges::count(points, false, &past_point::watched), 1);
  EXPECT_FALSE(points[30].watched);
  const auto changes = verdict_changes(points);
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[0].verdict, verdict_kind::go);
  EXPECT_EQ(changes[1].at, begin + 29min);
  EXPECT_EQ(changes[1].verdict, std::nullopt);
  EXPECT_EQ(changes[2].at, begin + 40min);
}

TEST(past, a_verdict_that_stands_again_after_a_time_without_a_watcher_begins_anew) {
  const auto changes = verdict_changes(
      read_points({stored(0s, "GO"), stored(1min, "GO"), stored(2h, "GO"), stored(121min, "GO")},
                  begin + 2h + 2min));
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[2].at, begin + 2h);
  EXPECT_EQ(changes[2].verdict, verdict_kind::go);
}

/// As history::points hands them out at `now`: of a run from `begin` until `ended`.
std::vector<std::string> watched_until(milliseconds ended, milliseconds now) {
  std::vector<std::string> texts;
  for (milliseconds at{0}; at <= ended; at += 1min) {
    if (at % 15min == 0min || now - at <= 24h) {
      texts.push_back(stored(at, "GO"));
    }
  }
  return texts;
}

TEST(past, of_a_run_that_was_never_away_knows_no_time_without_a_watcher) {
  for (const auto now : {48h + 7min, 48h + 14min, 49h + 0min}) {
    for (const milliseconds before : {0min, 1min, 300min, 1380min, 1500min}) {
      const auto points = read_points(watched_until(now - before, now), begin + now);
      EXPECT_EQ(std::ranges::count(points, false, &past_point::watched), 0)
          << before.count() << " ms before the report";
    }
  }
}

TEST(past, a_short_time_without_a_watcher_outlives_thinning) {
  std::vector<std::string> texts;
  for (int quarter = 0; quarter < 14 * 96; ++quarter) {
    if (quarter < 500 || quarter > 508) {
      texts.push_back(stored(quarter * 15min, "GO"));
    }
  }
  const auto few = thinned(read_points(texts, begin + 14 * 24h), 360);
  const auto after = std::ranges::find(few, false, &past_point::watched);
  ASSERT_NE(after, few.end());
  EXPECT_GE(after->at, begin + 499 * 15min);
  EXPECT_LE(after->at, begin + 509 * 15min);
}

TEST(past, what_was_only_counted_is_open_too) {
  EXPECT_EQ(read_points({stored(0s, "NO-GO", 3, 4)}, begin).front().figures.at("open_keys_all"), 7);
}

}  // namespace
}  // namespace ddm::summary
