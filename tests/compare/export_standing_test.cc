#include "compare/export_standing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace ddm::compare {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 12h};

/// An export of noon, looked at an hour later; its stream was made an hour before it.
export_age of_noon() { return {.as_of = noon, .stream_since = noon - 1h, .now = noon + 1h}; }

std::string words(std::optional<no_proof> why) {
  return export_standing{.began = {}, .withheld = std::move(why)}.doubt();
}

stream_told all_well(const export_age& of) {
  return {.ended = of.now,
          .caught_up = true,
          .still_on = true,
          .gap = {},
          .failed = {},
          .too_many = {}};
}

TEST(export_standing, stands_for_the_source_when_the_stream_tells_of_all_since) {
  const auto of = of_noon();
  EXPECT_EQ(why_not_read(of), std::nullopt);
  EXPECT_EQ(why_withheld(of, all_well(of)), std::nullopt);
}

TEST(export_standing, needs_a_stream) {
  auto of = of_noon();
  of.stream_since.reset();
  EXPECT_THAT(words(why_not_read(of)), HasSubstr("the source's stream is off"));
  EXPECT_NE(why_withheld(of, all_well(of)), std::nullopt);
}

TEST(export_standing, needs_a_stream_that_was_on_a_minute_before) {
  auto of = of_noon();
  of.stream_since = noon - 1min;
  EXPECT_EQ(why_not_read(of), std::nullopt);
  of.stream_since = noon - 1min + 1ms;
  EXPECT_THAT(words(why_not_read(of)), HasSubstr("2026-01-01T12:00:00Z"));
  of.stream_since = noon + 5h;  // off and on again since, or of a table that was made anew
  EXPECT_THAT(words(why_not_read(of)), HasSubstr("export the table anew"));
}

TEST(export_standing, of_an_old_export_is_told_before_and_after_the_reading) {
  auto of = of_noon();
  of.now = noon - 1min + 23h - 1ms;
  EXPECT_EQ(why_not_read(of), std::nullopt);
  auto told = all_well(of);
  EXPECT_EQ(why_withheld(of, told), std::nullopt);
  told.ended = noon - 1min + 23h;  // while it was read the oldest may have been forgotten
  EXPECT_THAT(words(why_withheld(of, told)), HasSubstr("keeps changes for a day"));
  of.now = told.ended;
  EXPECT_THAT(words(why_not_read(of)), HasSubstr("within 23 h"));
}

TEST(export_standing, is_withheld_for_each_thing_that_may_be_missing) {
  const auto of = of_noon();
  const auto why = [&](auto&& spoil) {
    auto told = all_well(of);
    spoil(told);
    return words(why_withheld(of, told));
  };
  EXPECT_THAT(why([](stream_told& told) { told.gap = "shard 1: trimmed"; }),
              HasSubstr("shard 1: trimmed"));
  EXPECT_THAT(why([](stream_told& told) { told.failed = "AccessDenied"; }),
              testing::AllOf(HasSubstr("AccessDenied"), HasSubstr("docs/iam.md")));
  EXPECT_THAT(why([](stream_told& told) { told.too_many = 1234; }),
              testing::AllOf(HasSubstr("1,234 keys"), HasSubstr("--memory")));
  EXPECT_THAT(why([](stream_told& told) { told.still_on = false; }), HasSubstr("turned off"));
  EXPECT_THAT(why([](stream_told& told) { told.caught_up = false; }),
              HasSubstr("not read to its end"));
}

TEST(export_standing, is_not_touched_by_the_loss_of_what_a_day_has_trimmed) {
  const stream::shard_id shard(fmt::format("shardId-{:020}-2bac9cd2", to_ms(noon)));
  EXPECT_TRUE(is_lost_by_age(shard, noon + 24h));
  EXPECT_TRUE(is_lost_by_age(shard, noon + 24h - 1min)) << "by a clock that is behind";
  EXPECT_FALSE(is_lost_by_age(shard, noon + 24h - 1min - 1ms));
  EXPECT_FALSE(is_lost_by_age(stream::shard_id("another"), noon + 48h)) << "its age is not known";
}

TEST(reading_of_changes, tells_how_long_it_takes_at_its_pace) {
  EXPECT_EQ(time_left(20h, 15h, 10min), 30min);
  EXPECT_EQ(time_left(20h, 0h, 10min), 0min);
  EXPECT_EQ(time_left(20h, 20h, 0min), std::nullopt);
  EXPECT_EQ(time_left(20h, 20h, 1min), std::nullopt) << "it may stand still";
  EXPECT_EQ(time_left(20h, 21h, 1min), std::nullopt);
}

}  // namespace
}  // namespace ddm::compare
