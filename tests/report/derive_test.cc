#include "report/derive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// All is well, as far as the figures of a monitor say.
status told() {
  status now;
  now.at = wall_time{1'000'000s};
  now.judged_after = 65s;
  now.shards.behind = 0ms;
  now.unread_for = 10s;
  return now;
}

status derived(status now) {
  derive(now);
  return now;
}

TEST(derived, phase_is_what_holds_up_most) {
  auto now = told();
  EXPECT_EQ(derived(now).phase, phase::steady);
  now.comparing = true;
  EXPECT_EQ(derived(now).phase, phase::baseline);
  now.is_behind = true;
  EXPECT_EQ(derived(now).phase, phase::catching_up);
  now.target_ready = false;
  EXPECT_EQ(derived(now).phase, phase::importing);
  now.follows_stream = false;
  EXPECT_EQ(derived(now).phase, phase::baseline) << "a comparison alone has no other";
}

TEST(derived, costs_are_those_of_reads_and_stream_calls) {
  auto now = told();
  now.source_units = 3e6;
  now.target_units = 1e6;
  now.stream_calls = 500'000;
  EXPECT_DOUBLE_EQ(derived(now).usd, 4 * 0.125 + 5 * 0.02);
}

TEST(derived, troubles_are_those_told_and_what_the_figures_say) {
  auto now = told();
  now.troubles = {"the target cannot be read"};
  now.mismatches.open.at(static_cast<std::size_t>(verify::mismatch_kind::expired)) = 1;
  now.unlisted.open.at(static_cast<std::size_t>(verify::mismatch_kind::expired)) = 1;
  now.finding_lines_used_up = true;
  now.comparison_trouble = "not compared";
  now.shards.unlisted_because = "throttled";
  now.shards.failing = 1;
  now.shards.open = 3;
  now.shards.failure = "denied";
  EXPECT_THAT(derived(now).troubles,
              ElementsAre("the target cannot be read", HasSubstr("used up their lines"),
                          "not compared", HasSubstr("cannot be listed: throttled"),
                          "1 of 3 shards cannot be read: denied"));
  now.has_ttl = false;
  EXPECT_THAT(derived(now).troubles[1], HasSubstr("2 items were found expired"));
}

TEST(derived, a_stream_that_is_over_is_told_as_such_and_not_as_off) {
  auto now = told();
  now.shards.off = "the stream is off";
  EXPECT_THAT(derived(now).troubles, ElementsAre("the stream is off"));
  now.stream_over = true;
  EXPECT_THAT(derived(now).troubles, ElementsAre(HasSubstr("later changes are not seen")));
}

TEST(derived, a_comparison_alone_says_nothing_of_expired_items) {
  auto now = told();
  now.follows_stream = false;
  now.has_ttl = false;
  now.mismatches.open.at(static_cast<std::size_t>(verify::mismatch_kind::expired)) = 1;
  EXPECT_THAT(derived(now).troubles, IsEmpty());
}

TEST(derived, the_drain_is_estimated_only_where_nothing_is_late_or_unknown) {
  auto now = told();
  EXPECT_EQ(derived(now).drain_estimate, 65s + 10s + 5s);
  now.shards.behind = 30s;
  EXPECT_EQ(derived(now).drain_estimate, 65s + 30s + 5s) << "a shard is further behind";
  const auto none = [&](auto spoil) {
    auto spoilt = told();
    spoil(spoilt);
    return derived(spoilt).drain_estimate;
  };
  EXPECT_EQ(none([](status& s) { s.late.unmet = 1; }), std::nullopt);
  EXPECT_EQ(none([](status& s) { s.behind = catching_up{.late = 1s}; }), std::nullopt);
  EXPECT_EQ(none([](status& s) { s.unread_for.reset(); }), std::nullopt);
  EXPECT_EQ(none([](status& s) { s.troubles = {"denied"}; }), std::nullopt);
  EXPECT_EQ(none([](status& s) { s.follows_stream = false; }), std::nullopt);
}

TEST(derived, rates_of_changes_are_those_of_a_stream) {
  auto now = told();
  now.keys_checked = 100;
  now.open_of_period = {.all = 2, .wrong = 2};
  ASSERT_TRUE(derived(now).success_of_changes);
  EXPECT_EQ(derived(now).success_of_changes->keys, 100U);
  EXPECT_EQ(derived(now).success_of_changes->wrong, 2U);
  now.follows_stream = false;
  EXPECT_FALSE(derived(now).success_of_changes);
}

TEST(derived, a_run_that_has_cost_what_it_may_is_at_wait) {
  auto now = told();
  now.source_units = 1e6;
  now.target_units = 1e6;
  EXPECT_DOUBLE_EQ(derived(now).usd, 0.25);
  now.read_unit_usd *= 2;
  EXPECT_DOUBLE_EQ(derived(now).usd, 0.5);
  now.max_usd = 0.51;
  EXPECT_THAT(derived(now).troubles, IsEmpty());
  now.max_usd = 0.5;
  EXPECT_THAT(derived(now).troubles, ElementsAre(HasSubstr("--max-usd allows 0.50")));
  EXPECT_EQ(derived(now).verdict.kind, verdict_kind::wait);
}

}  // namespace
}  // namespace ddm::report
