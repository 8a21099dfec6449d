#include "verify/mismatch.h"

#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

const image item = item_digest{.compared = {1, 1}, .everything = {1, 1}};
const image other = item_digest{.compared = {2, 2}, .everything = {2, 2}};
const image absent;

TEST(classify, names_what_is_wrong_in_the_words_of_the_target) {
  using enum mismatch_kind;
  EXPECT_EQ(classify({.source = item, .target = absent}), missing);
  EXPECT_EQ(classify({.source = item, .target = other}), different);
  EXPECT_EQ(classify({.source = item, .target = other, .target_is_earlier_image = true}), stale);
  EXPECT_EQ(classify({.source = absent, .target = item, .delete_seen = true}), undeleted);
  EXPECT_EQ(classify({.source = absent, .target = item}), unexpected);
}

TEST(classify, what_cannot_be_read_comes_first) {
  EXPECT_EQ(classify({.source = item, .target = absent, .unreadable = true}),
            mismatch_kind::unreadable);
  EXPECT_EQ(classify({.source = item, .unreadable = true, .source_ttl_past = true}),
            mismatch_kind::unreadable);
}

TEST(classify, an_item_past_its_ttl_on_one_side_only_is_expired) {
  using enum mismatch_kind;
  EXPECT_EQ(classify({.source = item, .target = absent, .source_ttl_past = true}), expired);
  EXPECT_EQ(classify({.source = item, .target = other, .source_ttl_past = true}), different)
      << "both sides hold it";
  EXPECT_EQ(
      classify({.source = absent, .target = item, .delete_seen = true, .target_ttl_past = true}),
      expired)
      << "whoever deleted it";
  EXPECT_EQ(classify({.source = absent, .target = item, .target_ttl_past = true}), expired)
      << "and where nobody saw it in the source";
  EXPECT_EQ(classify({.source = absent, .target = item, .source_ttl_past = true}), unexpected)
      << "the side that holds it counts";
}

constexpr std::int64_t present = 1'767'225'600;

bool is_past(const std::string& value) {
  return ttl_is_past({{"ttl", {dynamodb::number_text{value}}}}, "ttl", from_ms(present * 1000));
}

TEST(ttl_is_past, within_five_years_only) {
  constexpr std::int64_t five_years = std::int64_t{5} * 365 * 24 * 3600;
  EXPECT_TRUE(is_past(std::to_string(present - 1)));
  EXPECT_TRUE(is_past(std::to_string(present - five_years + 1)));
  EXPECT_FALSE(is_past(std::to_string(present)));
  EXPECT_FALSE(is_past(std::to_string(present + 1)));
  EXPECT_FALSE(is_past(std::to_string(present - five_years))) << "the service never deletes it";
  EXPECT_FALSE(is_past(std::to_string(present - 2 * five_years)));
  EXPECT_FALSE(is_past(std::to_string(present * 1000))) << "milliseconds by mistake";
}

TEST(ttl_is_past, never_for_an_absurd_number_or_none) {
  for (const auto* value :
       {"0", "1", "-1", "-1767225599", "1E+125", "1e300", "9.9E+500", "1E-130"}) {
    EXPECT_FALSE(is_past(value)) << value;
  }
  EXPECT_TRUE(is_past("1767225599.5"));
  EXPECT_TRUE(is_past("1.7672255E9"));
  EXPECT_FALSE(ttl_is_past({{"ttl", {std::string("1767225599")}}}, "ttl", from_ms(present * 1000)));
  EXPECT_FALSE(ttl_is_past({}, "ttl", from_ms(present * 1000)));
}

TEST(mismatch_kind, has_a_name_each_way) {
  for (const auto name : mismatch_kind_names) {
    ASSERT_TRUE(mismatch_kind_of(name));
    EXPECT_EQ(to_string(*mismatch_kind_of(name)), name);
  }
  EXPECT_FALSE(mismatch_kind_of("Missing"));
  EXPECT_FALSE(mismatch_kind_of(""));
}

}  // namespace
}  // namespace ddm::verify
