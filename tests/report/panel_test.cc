#include "report/panel.h"

#include "base/display_width.h"
#include "base/displayable.h"
#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::Each;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::ResultOf;
using testing::SizeIs;
using testing::StartsWith;

constexpr panel_size sizes[]{{1, 1},   {2, 2},   {20, 3},  {20, 10}, {39, 10},
                             {40, 10}, {80, 12}, {80, 24}, {200, 3}, {200, 60}};
/// ESC, a mark of direction, line breaks, what is wide, what has no width, and no UTF-8 at all.
const std::string evil =
    "\x1b[31m\x1b]0;x\x07\u202e\n\r\t\u2028訂單訂單訂單e\u0301e\u0301\xff\xc3\u0085\x9b"
    "2J";

status watched() {
  status now;
  now.at = from_ms(1'767'225'600'000);
  now.verdict_since = now.at - 65s;
  now.running = 125s;
  now.about.migration = "orders";
  now.events.unique = 12'345;
  now.events_per_second = 120.4;
  now.last_write = now.at - 7s;
  now.pending = 33;
  now.checks.verified = 12'300;
  now.checks.failed = 3;
  for (int i = 0; i < 100; ++i) {
    now.lag.add(400ms, false);
  }
  now.shards = {.open = 4, .done = 12};
  now.mismatches.add({.kind = verify::mismatch_kind::missing, .entries = 2, .changes = 2});
  now.mismatches.add({.kind = verify::mismatch_kind::different, .entries = 1, .changes = 1});
  now.newest = {{.kind = verify::mismatch_kind::missing,
                 .key = R"({"pk":{"S":"user#1"}})",
                 .first_seen = now.at - 125s},
                {.kind = verify::mismatch_kind::different,
                 .key = R"({"pk":{"S":"user#2"}})",
                 .first_seen = now.at - 1h}};
  now.table_items = 4000;
  now.success_of_changes = success_of(343, {.all = 3, .wrong = 3});
  now.comparing = true;
  now.compared =
      compare::comparison_view{.progress = {.started_ms = 1, .segments = 64, .segments_done = 16},
                               .seen = {.source_items = 2000, .target_items = 2000, .equal = 1996},
                               .seen_in_process = 4000,
                               .reading = 4s,
                               .expected_items = 16'000};
  now.verdict = {verdict_kind::no_go,
                 {"3 confirmed mismatches are open", "the comparison is 25 % done",
                  "a third reason", "a fourth reason"}};
  return now;
}

status spoiled() {
  auto now = watched();
  now.about.migration = evil;
  now.verdict.reasons = {evil, evil + evil, evil, evil, evil};
  for (auto& found : now.newest) {
    found.key = evil;
  }
  return now;
}

recent_figures with_lags() {
  recent_figures recent;
  auto now = watched();
  for (int second = 0; second <= 300; second += 5) {
    now.at += 5s;
    now.lag.add(std::chrono::seconds(1 + second / 30), false);
    recent.note(now);
  }
  return recent;
}

panel shown(const status& now, panel_size size, const panel_manner& manner = {}) {
  return render_panel(now, with_lags(), size, manner);
}

TEST(panel, fits_every_window_whatever_it_shows) {
  for (const auto& now : {watched(), spoiled(), status{}}) {
    for (const auto size : sizes) {
      for (const bool unicode : {true, false}) {
        const auto made = shown(now, size, {.unicode = unicode});
        EXPECT_THAT(made.lines, SizeIs(testing::AllOf(testing::Ge(1U), Le(size.rows))));
        EXPECT_THAT(made.lines, Each(ResultOf(display_width, Le(size.columns))));
        EXPECT_LE(made.verdict_bytes, made.lines.front().size());
        for (const auto& line : made.lines) {
          EXPECT_EQ(line, displayable(line)) << "nothing that a terminal obeys";
          EXPECT_THAT(line, Not(HasSubstr("\t")));
          EXPECT_TRUE(unicode || is_ascii(line)) << line;
        }
      }
    }
  }
}

TEST(panel, shows_everything_where_there_is_room) {
  const auto lines = shown(watched(), {.columns = 100, .rows = 30}).lines;
  EXPECT_THAT(lines[0], AllOf(StartsWith("NO-GO at 00:00:00Z, for 1 min 5 s"), HasSubstr("steady"),
                              HasSubstr("orders"), HasSubstr("running 2 min 5 s")));
  EXPECT_EQ(lines[1], "- 3 confirmed mismatches are open");
  EXPECT_THAT(lines, Contains("- a fourth reason"));
  EXPECT_THAT(lines, Contains(StartsWith("changes   ")));
  EXPECT_THAT(lines,
              Contains(HasSubstr("12,345 read; 33 pending, 12,300 verified, 3 failed; newest 7 s "
                                 "ago")));
  EXPECT_THAT(lines, Contains(StartsWith("lag       p95 4")));
  EXPECT_THAT(lines, Contains(ContainsRegex("▁.*█  to 11 s in 5 min")));
  EXPECT_THAT(lines, Contains("baseline  [#####...............] 25 %  12 s left  1,000 items/s, 0 "
                              "keys looked unequal"));
  EXPECT_THAT(lines, Contains("shards    caught up; 4 open, 0 waiting, 12 done; 0 gaps"));
  EXPECT_THAT(lines, Contains("wrong     2 missing, 1 different open"));
  EXPECT_THAT(lines, Contains(R"(          missing {"pk":{"S":"user#1"}} 2 min 5 s ago)"));
  EXPECT_THAT(lines, Contains(StartsWith("success   changes: 3 of about 343 keys wrong (0.9 %)")));
}

TEST(panel, shows_the_heaviest_where_there_is_little_room) {
  const auto lines = shown(watched(), {.columns = 20, .rows = 3}).lines;
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0], "NO-GO at 00:00:00Z,…");
  EXPECT_THAT(lines[1], StartsWith("- 3 con"));
  EXPECT_THAT(lines[2], StartsWith("changes "));
}

TEST(panel, says_how_many_reasons_it_does_not_show) {
  EXPECT_THAT(shown(watched(), {.columns = 60, .rows = 4}).lines,
              Contains("- 3 confirmed mismatches are open (+3 more)"));
  EXPECT_THAT(shown(watched(), {.columns = 30, .rows = 4}).lines,
              Contains("- 3 confirmed misma… (+3 more)"));
  EXPECT_THAT(shown(watched(), {.columns = 60, .rows = 1}).lines[0], HasSubstr(" (+4 more)"));
  EXPECT_THAT(shown(watched(), {.columns = 60, .rows = 40}).lines,
              Not(Contains(HasSubstr("more)"))));
}

TEST(panel, a_long_reason_goes_on_in_a_second_line_where_there_is_room) {
  auto now = watched();
  now.verdict.reasons = {"one two three four five six seven eight nine ten eleven twelve"};
  const auto lines = shown(now, {.columns = 45, .rows = 30}).lines;
  EXPECT_EQ(lines[1], "- one two three four five six seven eight");
  EXPECT_EQ(lines[2], "  nine ten eleven twelve");
  EXPECT_EQ(shown(now, {.columns = 45, .rows = 4}).lines[1],
            "- one two three four five six seven eight ni…");
}

TEST(panel, of_a_comparison_alone_tells_nothing_of_changes) {
  auto now = watched();
  now.follows_stream = false;
  const auto lines = shown(now, {.columns = 80, .rows = 24}).lines;
  EXPECT_THAT(lines, Contains(StartsWith("compared  [#####")));
  EXPECT_THAT(lines, Not(Contains(StartsWith("changes"))));
  EXPECT_THAT(lines, Not(Contains(StartsWith("shards"))));
}

TEST(panel, tells_what_is_judged_and_that_a_comparison_is_done) {
  auto now = watched();
  now.compared->progress.segments_done = 64;
  now.compared->progress.candidates = 5;
  EXPECT_THAT(shown(now, {}).lines, Contains(HasSubstr("judging 5 of 1,996 keys")));
  now.compared->progress.finished_ms = 2;
  EXPECT_THAT(shown(now, {.columns = 80, .rows = 30}).lines,
              Contains("baseline  [####################] 100 %  1,996 keys compared"));
}

TEST(panel, counts_what_is_not_listed) {
  auto now = watched();
  now.unlisted.open.at(0) = 4000;
  EXPECT_THAT(shown(now, {.columns = 100, .rows = 30}).lines,
              Contains("wrong     2 missing, 1 different open; 4,000 more only counted"));
  now.unlisted.open.at(0) = 1;
  EXPECT_THAT(shown(now, {.columns = 100, .rows = 30}).lines,
              Contains("wrong     2 missing, 1 different open; 1 more only counted"));
}

TEST(panel, claims_nothing_that_is_not_known) {
  status now;
  now.unread_for.reset();
  const auto lines = render_panel(now, {}, {.columns = 80, .rows = 30}).lines;
  EXPECT_EQ(lines[0], "WAIT at 00:00:00Z, for 0 s  steady  running 0 s");
  EXPECT_THAT(lines, Contains("lag       not measured yet"));
  EXPECT_THAT(lines, Contains("wrong     none open"));
  EXPECT_THAT(lines, Contains(HasSubstr("not known how far it is read")));
}

TEST(sparkline, shows_the_newest_and_leaves_out_what_was_not_measured) {
  const std::deque<std::optional<milliseconds>> points{9s, 1s, std::nullopt, 7s, 0s};
  EXPECT_EQ(sparkline(points, 4, true), "▂ █▁");
  EXPECT_EQ(sparkline(points, 4, false), ". #.");
  EXPECT_EQ(sparkline(points, 0, true), "");
  EXPECT_EQ(sparkline({}, 10, true), "");
}

}  // namespace
}  // namespace ddm::report
