#include "verify/item_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<path_change> diff(std::string_view source, std::string_view target,
                              std::vector<std::string> ignored = {}) {
  auto changes = diff_items(source, target, dynamodb::ignore_list(std::move(ignored)));
  EXPECT_TRUE(changes);
  return changes ? *changes : std::vector<path_change>{};
}

TEST(item_diff, names_each_attribute_as_seen_from_the_target) {
  EXPECT_THAT(diff(R"({"pk":{"S":"a"},"gone":{"S":"x"},"v":{"N":"1"},"t":{"S":"1"}})",
                   R"({"pk":{"S":"a"},"new":{"S":"x"},"v":{"N":"2"},"t":{"N":"1"}})"),
              ElementsAre(path_change{"gone", "removed"}, path_change{"t", "type"},
                          path_change{"v", "changed"}, path_change{"new", "added"}));
}

TEST(item_diff, sees_what_dynamodb_holds_equal_as_equal) {
  EXPECT_THAT(
      diff(R"({"n":{"N":"1.0"},"s":{"SS":["a","b"]},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}})",
           R"({"s":{"SS":["b","a"]},"n":{"N":"10E-1"},"m":{"M":{"y":{"N":"2"},"x":{"N":"1"}}}})"),
      IsEmpty());
}

TEST(item_diff, enters_maps_and_lists_and_takes_a_set_as_one_value) {
  EXPECT_THAT(
      diff(
          R"({"m":{"M":{"in":{"M":{"v":{"N":"1"}}},"gone":{"S":""}}},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"s":{"SS":["a","b"]}})",
          R"({"m":{"M":{"in":{"M":{"v":{"N":"2"}}}}},"l":{"L":[{"N":"1"},{"S":"2"}]},"s":{"SS":["a","c"]}})"),
      ElementsAre(path_change{"l[1]", "type"}, path_change{"l[2]", "removed"},
                  path_change{"m.gone", "removed"}, path_change{"m.in.v", "changed"},
                  path_change{"s", "changed"}));
}

TEST(item_diff, reports_elements_added_to_a_list) {
  EXPECT_THAT(diff(R"({"l":{"L":[]}})", R"({"l":{"L":[{"M":{}}]}})"),
              ElementsAre(path_change{"l[0]", "added"}));
}

TEST(item_diff, leaves_ignored_attributes_out) {
  EXPECT_THAT(
      diff(R"({"aws:rep:updatetime":{"N":"1"},"m":{"M":{"at":{"N":"1"},"v":{"N":"1"}}}})",
           R"({"aws:rep:deleting":{"BOOL":false},"m":{"M":{"at":{"N":"2"},"v":{"N":"2"}}}})",
           {"aws:rep:*", "m.at"}),
      ElementsAre(path_change{"m.v", "changed"}));
}

TEST(item_diff, never_ignores_what_lies_in_a_list) {
  const auto* const source = R"({"l":{"L":[{"M":{"at":{"N":"1"}}},{"N":"1"}]}})";
  const auto* const target = R"({"l":{"L":[{"M":{"at":{"N":"2"}}},{"N":"1"},{"N":"2"}]}})";
  EXPECT_THAT(diff(source, target, {"l[0].at", "l[2]", "l[*", "l.at"}),
              ElementsAre(path_change{"l[0].at", "changed"}, path_change{"l[2]", "added"}));
  EXPECT_THAT(diff(source, target, {"l"}), IsEmpty());
}

TEST(item_diff, stops_at_a_bounded_number_of_paths) {
  std::string source = "{";
  for (int i = 0; i < 1000; ++i) {
    source += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + R"(":{"S":"x"})";
  }
  EXPECT_EQ(diff(source + "}", "{}").size(), diff_paths_max);
}

TEST(item_diff, fails_on_text_that_is_no_item) {
  EXPECT_FALSE(diff_items("{", "{}", {}));
  EXPECT_FALSE(diff_items("{}", R"({"a":{"Q":"x"}})", {}));
}

}  // namespace
}  // namespace ddm::verify
