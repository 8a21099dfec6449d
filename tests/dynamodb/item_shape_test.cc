#include "dynamodb/item_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::dynamodb {
namespace {

using testing::IsEmpty;

/// A piece for each letter, which is its head; its place says where it came.
std::vector<canonical_piece> pieces(std::string_view letters) {
  std::vector<canonical_piece> made;
  for (const char letter : letters) {
    made.push_back({.head = static_cast<std::uint64_t>(letter),
                    .begin = static_cast<std::uint32_t>(made.size() * 10)});
  }
  return made;
}

std::vector<canonical_piece> sorted(std::string_view letters) {
  auto made = pieces(letters);
  std::ranges::sort(made, {}, &canonical_piece::head);
  return made;
}

/// The letters in the order that they are put in, with the place where each came; nothing where
/// they are not those remembered.
std::string arranged(item_shape& shape, std::string_view letters) {
  auto made = pieces(letters);
  if (!shape.arrange(made)) {
    return "";
  }
  std::string text;
  for (const auto& each : made) {
    text += static_cast<char>(each.head);
    text += std::to_string(each.begin / 10);
  }
  return text;
}

TEST(item_shape, puts_in_order_what_came_as_before) {
  item_shape shape;
  shape.remember(sorted("bac"));
  EXPECT_EQ(arranged(shape, "bac"), "a1b0c2");
  EXPECT_EQ(arranged(shape, "bac"), "a1b0c2") << "as often as it comes";
}

TEST(item_shape, knows_nothing_of_what_came_otherwise) {
  item_shape shape;
  EXPECT_THAT(arranged(shape, "bac"), IsEmpty());
  shape.remember(sorted("bac"));
  for (const auto* other : {"ba", "bacd", "abc", "bad"}) {
    EXPECT_THAT(arranged(shape, other), IsEmpty()) << other;
  }
  shape.remember(sorted("da"));
  EXPECT_THAT(arranged(shape, "bac"), IsEmpty()) << "only the last one";
  EXPECT_EQ(arranged(shape, "da"), "a1d0");
}

TEST(item_shape, trusts_no_heads_that_are_alike) {
  item_shape shape;
  shape.remember(sorted("bab"));
  EXPECT_THAT(arranged(shape, "bab"), IsEmpty()) << "what lies behind them decides";
}

TEST(item_shape, of_very_large_items_is_not_kept) {
  std::string letters;
  for (char letter = 127; letter > 62; --letter) {
    letters += letter;
  }
  item_shape shape;
  shape.remember(sorted(letters));
  EXPECT_THAT(arranged(shape, letters), IsEmpty());
  letters.pop_back();
  shape.remember(sorted(letters));
  EXPECT_FALSE(arranged(shape, letters).empty());
}

}  // namespace
}  // namespace ddm::dynamodb
