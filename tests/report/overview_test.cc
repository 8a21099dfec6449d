#include "report/overview.h"

#include "base/display_width.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const auto noted_at = from_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z

/// Rows, and the statuses that they point to.
struct board {
  std::deque<status> statuses;
  std::vector<member_row> rows;

  void running(std::string name, verdict_kind verdict, std::vector<std::string> reasons = {}) {
    add(std::move(name), member_state::running, verdict, std::move(reasons));
  }
  void add(std::string name, member_state state, verdict_kind verdict,
           std::vector<std::string> reasons = {}) {
    auto& now = statuses.emplace_back();
    now.verdict = {.kind = verdict, .reasons = std::move(reasons)};
    now.phase = phase::steady;
    rows.push_back(
        {.name = std::move(name), .state = state, .now = &now, .why = {}, .again_at = {}});
  }
  void absent(std::string name, member_state state, std::string why = {}) {
    rows.push_back({.name = std::move(name),
                    .state = state,
                    .now = nullptr,
                    .why = std::move(why),
                    .again_at = noted_at + 30s});
  }
};

TEST(overview, a_fleet_is_as_well_as_its_worst_migration) {
  board of;
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::wait);
  of.running("a", verdict_kind::go);
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::go);
  of.running("b", verdict_kind::go_sampled);
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::go_sampled);
  of.running("c", verdict_kind::wait);
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::wait);
  of.running("d", verdict_kind::no_go);
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::no_go);
}

TEST(overview, what_does_not_run_is_never_at_go) {
  for (const auto state : {member_state::waiting, member_state::starting, member_state::standby,
                           member_state::paused}) {
    board of;
    of.running("a", verdict_kind::go);
    of.add("b", state, verdict_kind::go);  // as its last run left it
    EXPECT_EQ(verdict_of(of.rows), verdict_kind::wait) << to_string(state);
    EXPECT_THAT(render_overview(of.rows, noted_at, true), HasSubstr("WAIT"));
  }
  board of;
  of.absent("never run", member_state::ended);
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::wait);
}

TEST(overview, one_that_has_ended_is_watched_no_more_while_others_are) {
  board of;
  of.running("a", verdict_kind::go);
  of.add("b", member_state::ended, verdict_kind::go);
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::wait);
  of.rows.front().state = member_state::ended;
  EXPECT_EQ(verdict_of(of.rows), verdict_kind::go) << "all at their end";
}

TEST(overview, the_worst_comes_first) {
  board of;
  of.running("well", verdict_kind::go);
  of.running("late", verdict_kind::wait);
  of.absent("denied", member_state::paused, "no");
  of.running("wrong", verdict_kind::no_go);
  of.running("late too", verdict_kind::wait);
  std::vector<std::string> names;
  for (const auto& row : worst_first(of.rows)) {
    names.push_back(row.name);
  }
  EXPECT_THAT(names, ElementsAre("wrong", "denied", "late", "late too", "well"));
}

TEST(overview, a_line_ends_with_the_reason) {
  board of;
  of.running("orders", verdict_kind::no_go, {"3 mismatches are open", "one more"});
  of.absent("carts", member_state::paused, "source: access denied");
  of.running("users", verdict_kind::go);
  EXPECT_EQ(render_overview(of.rows, noted_at, false),
            "fleet at 00:00:00Z  NO-GO: 3 migrations, 1 at NO-GO, 1 paused, 1 at GO\n"
            "  NO-GO         orders  steady       0.0/s  3 mismatches are open (+1 more)\n"
            "  WAIT          carts   paused       source: access denied; tried again at 00:00:30Z");
  EXPECT_THAT(render_overview(of.rows, noted_at, true), HasSubstr("GO            users   steady"));
}

TEST(overview, nothing_foreign_reaches_a_terminal_raw) {
  board of;
  of.absent("a", member_state::paused, "\x1b[31mred\nline\ttab");
  EXPECT_THAT(render_overview(of.rows, noted_at, true),
              AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\nline"))));
}

TEST(overview, a_panel_fits_and_tells_what_it_hides) {
  board of;
  for (int i = 0; i < 50; ++i) {
    of.running("table-" + std::to_string(i), verdict_kind::go, {"訂單訂單訂單訂單訂單訂單訂單"});
  }
  for (const auto size :
       {panel_size{1, 1}, panel_size{20, 3}, panel_size{80, 24}, panel_size{200, 60}}) {
    for (const bool unicode : {true, false}) {
      const auto made = render_overview_panel(of.rows, noted_at, size, {.unicode = unicode});
      ASSERT_FALSE(made.lines.empty());
      EXPECT_LE(made.lines.size(), size.rows);
      for (const auto& line : made.lines) {
        EXPECT_LE(display_width(line), size.columns);
      }
      EXPECT_EQ(made.verdict, verdict_kind::go);
    }
  }
  EXPECT_EQ(render_overview_panel(of.rows, noted_at, {80, 24}).lines.back(), "and 28 more");
  EXPECT_THAT(render_overview_panel(of.rows, noted_at, {80, 24}).lines.front(),
              StartsWith("GO: 50"));
}

}  // namespace
}  // namespace ddm::report
