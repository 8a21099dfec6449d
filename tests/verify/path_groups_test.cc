#include "verify/path_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

mismatch differing_at(std::vector<std::string> paths,
                      mismatch_kind kind = mismatch_kind::different) {
  mismatch entry{.kind = kind};
  for (auto& path : paths) {
    entry.paths.push_back({std::move(path), "changed"});
  }
  return entry;
}

TEST(path_groups, leave_the_indexes_of_lists_out_and_cut_long_names) {
  EXPECT_EQ(group_path("tags[2]"), "tags[]");
  EXPECT_EQ(group_path("a[0][12].name"), "a[][].name");
  EXPECT_EQ(group_path("plain.path"), "plain.path");
  EXPECT_EQ(group_path("odd[x1].open[12"), "odd[x1].open[12");
  EXPECT_EQ(group_path("[["), "[[");
  EXPECT_EQ(group_path(""), "");
  EXPECT_EQ(group_path(std::string(64'000, 'a')), std::string(group_path_max, 'a'));
  const std::string nearly(group_path_max - 1, 'a');
  EXPECT_EQ(group_path(nearly + "\u00e9" + "bc"), nearly);
  EXPECT_EQ(group_path(nearly + "b\u00e9"), nearly + "b");
}

TEST(path_groups, beyond_their_bound_are_counted_together) {
  path_groups groups(2);
  for (const auto* path : {"a", "a", "a", "b", "b", "c", "d"}) {
    groups.add(differing_at({path}));
  }
  using enum mismatch_kind;
  EXPECT_THAT(groups.largest(9),
              ElementsAre(path_group{different, "a", 3}, path_group{different, "(other paths)", 2},
                          path_group{different, "b", 2}));
  groups.remove(differing_at({"c"}));
  groups.remove(differing_at({"d"}));
  EXPECT_EQ(groups.largest(9).size(), 2);
  groups.remove(differing_at({"never"}));
  EXPECT_EQ(groups.largest(9).size(), 2);
}

TEST(path_groups, have_room_again_for_others_once_they_are_empty) {
  path_groups groups(2);
  for (const auto* path : {"a", "b", "c"}) {
    groups.add(differing_at({path}));
    groups.remove(differing_at({path}));
  }
  groups.add(differing_at({"d"}));
  const auto largest = groups.largest(9);
  ASSERT_EQ(largest.size(), 1U);
  EXPECT_EQ(largest[0].path, "d");
}

TEST(path_groups, counts_a_key_once_a_path_and_the_largest_come_first) {
  path_groups groups;
  groups.add(differing_at({"tags[0]", "tags[7]", "price"}));
  groups.add(differing_at({"price"}));
  groups.add(differing_at({"price"}, mismatch_kind::stale));
  groups.add(differing_at({}, mismatch_kind::missing));
  using enum mismatch_kind;
  EXPECT_THAT(groups.largest(9),
              ElementsAre(path_group{different, "price", 2}, path_group{missing, "", 1},
                          path_group{different, "tags[]", 1}, path_group{stale, "price", 1}));
  EXPECT_THAT(groups.largest(1), ElementsAre(path_group{different, "price", 2}));
}

TEST(path_groups, forgets_what_is_taken_back) {
  path_groups groups;
  const auto entry = differing_at({"a", "b"});
  groups.add(entry);
  groups.add(differing_at({"b"}));
  groups.remove(entry);
  EXPECT_THAT(groups.largest(9), ElementsAre(path_group{mismatch_kind::different, "b", 1}));
  groups.remove(differing_at({"b"}));
  EXPECT_THAT(groups.largest(9), IsEmpty());
}

}  // namespace
}  // namespace ddm::verify
