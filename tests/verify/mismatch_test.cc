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
  EXPECT_EQ(classify({.source = absent,
                      .target = item,
                      .delete_seen = true,
                      .ttl_delete_seen = true,
                      .target_ttl_past = true}),
            expired);
  EXPECT_EQ(classify({.source = item, .target = other, .source_ttl_past = true}), different)
      << "both sides hold it";
  EXPECT_EQ(
      classify({.source = absent, .target = item, .delete_seen = true, .target_ttl_past = true}),
      undeleted)
      << "somebody deleted it before its time was noticed";
  EXPECT_EQ(
      classify({.source = absent, .target = item, .delete_seen = true, .ttl_delete_seen = true}),
      undeleted)
      << "the target's copy has another TTL value";
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
