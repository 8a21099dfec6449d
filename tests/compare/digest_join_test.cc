#include "compare/digest_join.h"

#include "compare/comparison_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::compare {
namespace {

using testing::SizeIs;

void see(digest_join& join, side from, std::uint64_t key,
         const std::optional<dynamodb::item_digest>& digest) {
  join.add(from, key_of(key), digest, [&] { return json_of(key); });
}

TEST(digest_join, an_equal_pair_leaves_nothing) {
  digest_join join;
  see(join, side::source, 1, value_of(5));
  EXPECT_EQ(join.lone(side::source), 1U);
  see(join, side::target, 1, value_of(5));
  EXPECT_EQ(join.equal(), 1);
  EXPECT_EQ(join.lone(side::source), 0U);
  EXPECT_THAT(join.take(), SizeIs(0));
}

TEST(digest_join, a_lone_item_is_left_over_with_its_side_and_key) {
  digest_join join;
  see(join, side::target, 1, value_of(5));
  const auto rest = join.take();
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].key, key_of(1));
  EXPECT_EQ(rest[0].key_json, json_of(1));
  EXPECT_TRUE(rest[0].in_target);
  EXPECT_FALSE(rest[0].in_source);
  EXPECT_FALSE(rest[0].disputed) << "the other side may show it in another segment";
}

TEST(digest_join, unequal_items_are_disputed_whatever_follows) {
  digest_join join;
  see(join, side::source, 1, value_of(5));
  see(join, side::target, 1, value_of(6));
  see(join, side::target, 1, value_of(5));
  see(join, side::source, 1, value_of(6));
  const auto rest = join.take();
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_TRUE(rest[0].disputed && rest[0].in_source && rest[0].in_target);
  EXPECT_EQ(join.equal(), 0);
}

TEST(digest_join, two_digests_of_a_key_on_one_side_are_disputed_and_never_overwrite) {
  for (const auto last : {5U, 6U}) {
    digest_join join;
    see(join, side::source, 1, value_of(5));
    see(join, side::source, 1, value_of(6));
    see(join, side::target, 1, value_of(last));
    const auto rest = join.take();
    ASSERT_THAT(rest, SizeIs(1)) << "not equal to the digest that came " << last;
    EXPECT_TRUE(rest[0].disputed);
    EXPECT_EQ(join.equal(), 0);
  }
}

TEST(digest_join, an_item_shown_twice_alike_counts_once) {
  digest_join join;
  see(join, side::source, 1, value_of(5));
  see(join, side::source, 1, value_of(5));
  see(join, side::target, 1, value_of(5));
  EXPECT_EQ(join.equal(), 1);
  EXPECT_THAT(join.take(), SizeIs(0));
}

TEST(digest_join, what_cannot_be_read_is_equal_to_nothing) {
  digest_join join;
  see(join, side::source, 1, std::nullopt);
  see(join, side::target, 1, std::nullopt);
  see(join, side::source, 2, value_of(5));
  see(join, side::target, 2, std::nullopt);
  EXPECT_EQ(join.equal(), 0);
  const auto rest = join.take();
  ASSERT_THAT(rest, SizeIs(2));
  EXPECT_TRUE(rest[0].disputed && rest[1].disputed);
}

TEST(digest_join, counts_pairs_that_are_equal_only_thanks_to_ignored_attributes) {
  digest_join join;
  auto with_more = value_of(5);
  with_more.everything.low += 1;
  see(join, side::source, 1, value_of(5));
  see(join, side::target, 1, with_more);
  see(join, side::source, 2, value_of(5));
  see(join, side::target, 2, value_of(5));
  EXPECT_EQ(join.equal(), 2);
  EXPECT_EQ(join.equal_by_ignoring(), 1);
}

TEST(digest_join, nine_missing_of_nine_ten_eleven_is_one_difference) {
  digest_join join;
  for (const auto key : {9U, 10U, 11U}) {
    see(join, side::source, key, value_of(key));
  }
  for (const auto key : {10U, 11U}) {
    see(join, side::target, key, value_of(key));
  }
  const auto rest = join.take();
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].key_json, json_of(9));
}

TEST(digest_join, leftovers_of_two_joins_meet_in_a_third) {
  digest_join first;
  digest_join second;
  see(first, side::source, 1, value_of(5));
  see(second, side::target, 1, value_of(5));
  see(first, side::source, 2, value_of(5));
  see(second, side::target, 2, value_of(6));
  see(first, side::source, 3, value_of(5));
  digest_join last;
  for (auto* join : {&first, &second}) {
    for (auto& entry : join->take()) {
      last.add(std::move(entry));
    }
  }
  EXPECT_EQ(last.equal(), 1);
  auto rest = last.take();
  std::ranges::sort(rest, {}, &leftover::key_json);
  ASSERT_THAT(rest, SizeIs(2));
  EXPECT_TRUE(rest[0].disputed);
  EXPECT_FALSE(rest[1].disputed);
  EXPECT_TRUE(rest[1].in_source);
}

TEST(digest_join, equal_items_cost_no_memory) {
  digest_join join;
  std::size_t most = 0;
  for (std::uint64_t key = 0; key < 100'000; ++key) {
    see(join, side::source, key, value_of(key));
    see(join, side::target, key, value_of(key));
    most = std::max(most, join.bytes());
  }
  EXPECT_LT(most, 10'000U);
  EXPECT_EQ(join.equal(), 100'000);
}

}  // namespace
}  // namespace ddm::compare
