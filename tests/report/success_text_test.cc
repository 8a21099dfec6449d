#include "report/success_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace ddm::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string described(std::uint64_t keys, std::int64_t wrong, const success_context& known) {
  return describe_success(*success_of(keys, {.all = wrong, .wrong = wrong}), known);
}

TEST(percent_text, has_the_digits_that_say_something) {
  EXPECT_EQ(percent_text(0), "0 %");
  EXPECT_EQ(percent_text(1), "100 %");
  EXPECT_EQ(percent_text(0.5), "50 %");
  EXPECT_EQ(percent_text(3.0 / 343, rounding::up), "0.9 %");
  EXPECT_EQ(percent_text(0.0015, rounding::up), "0.15 %");
  EXPECT_EQ(percent_text(0.4286), "43 %");
  EXPECT_EQ(percent_text(0.99987), "99.987 %");
  EXPECT_EQ(percent_text(3.0 / 300'000, rounding::up), "0.001 %");
}

TEST(percent_text, never_shows_something_as_nothing_or_as_all) {
  for (double share = 0.5; share > 1e-15; share /= 3) {
    for (const auto how : {rounding::nearest, rounding::down, rounding::up}) {
      EXPECT_NE(percent_text(share, how), "0 %") << share;
      EXPECT_NE(percent_text(1 - share, how), "100 %") << share;
    }
  }
}

TEST(percent_text, rounds_the_way_that_is_asked_for) {
  EXPECT_EQ(percent_text(0.01234, rounding::down), "1.2 %");
  EXPECT_EQ(percent_text(0.01234, rounding::up), "1.3 %");
}

TEST(describe_success, without_a_failure_says_how_much_may_be_wrong_at_most) {
  EXPECT_EQ(described(343, 0, {.out_of = 4'000}),
            "0 of 343 keys wrong; 95 % confidence: at most 0.9 % (35 of 4,000 items)");
  EXPECT_EQ(described(300'000, 0, {.about = true, .out_of = 30'000'000}),
            "0 of about 300,000 keys wrong; 95 % confidence: at most 0.001 % (300 of 30,000,000 "
            "items)");
}

TEST(describe_success, with_failures_gives_the_interval_in_items_too) {
  EXPECT_EQ(described(7'567, 10, {.about = true, .out_of = 100'000}),
            "10 of about 7,567 keys wrong (0.13 %); 95 % confidence: 0.07 % to 0.25 % (71 to 244 "
            "of 100,000 items)");
}

TEST(describe_success, of_items_at_least_those_are_wrong_that_were_seen) {
  EXPECT_THAT(described(1'161, 2, {.out_of = 2'000}), HasSubstr("(2 to 13 of 2,000 items)"));
}

TEST(describe_success, never_tells_of_more_items_than_there_are) {
  EXPECT_THAT(described(2, 0, {.out_of = 40}), HasSubstr("at most 100 % (40 of 40 items)"));
}

TEST(describe_success, tells_of_no_items_where_all_of_them_are_keys) {
  EXPECT_THAT(described(343, 0, {.out_of = 343}), Not(HasSubstr("items")));
}

TEST(describe_success, guesses_nothing_where_every_key_was_looked_at) {
  EXPECT_EQ(described(300, 0, {.every_key = true}), "0 of 300 keys wrong; every key was compared");
  EXPECT_EQ(described(300, 60, {.every_key = true}), "60 of 300 keys wrong (20 %)");
}

TEST(describe_success, gives_no_bound_where_mismatches_are_only_counted) {
  EXPECT_EQ(described(40, 0, {.some_only_counted = true}),
            "0 of 40 keys wrong; mismatches that are only counted may be among them");
  EXPECT_THAT(describe_success(*success_of(40, {.all = 1, .wrong = 1}, 19), {}),
              HasSubstr("; 19 of them only counted, a key perhaps more than once"));
}

TEST(describe_success, a_single_failure_among_very_many_is_seen) {
  for (std::uint64_t keys = 2; keys < 1'000'000'000'000; keys = keys * 3 + 1) {
    const auto text = described(keys, 1, {.out_of = keys * 100});
    EXPECT_THAT(text, StartsWith("1 of ")) << keys;
    EXPECT_THAT(text, Not(HasSubstr("(0 %"))) << keys;
  }
}

}  // namespace
}  // namespace ddm::report
