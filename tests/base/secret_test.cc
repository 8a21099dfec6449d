// What a secret held is gone from memory with it.
#include "base/secret.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <new>

namespace ddm {
namespace {

const std::string short_text = "swordfish";           // lives in the object
const std::string long_text = std::string(100, 'k');  // lives on the heap

/// An object in memory that can be looked at after its end.
struct remains {
  alignas(secret) std::array<char, sizeof(secret)> bytes{};
  secret* put(std::string text) { return ::new (bytes.data()) secret(std::move(text)); }
  [[nodiscard]] bool hold(std::string_view text) const {
    return std::string_view(bytes.data(), bytes.size()).contains(text);
  }
};

TEST(secret, a_short_one_is_wiped_at_its_end) {
  remains place;
  auto* made = place.put(short_text);
  ASSERT_TRUE(place.hold(short_text));
  made->~secret();
  EXPECT_FALSE(place.hold(short_text));
}

TEST(secret, a_short_one_leaves_nothing_where_it_was_moved_from) {
  remains place;
  auto* made = place.put(short_text);
  const secret moved(std::move(*made));
  EXPECT_EQ(moved.reveal(), short_text);
  EXPECT_FALSE(place.hold(short_text));
  made->~secret();
}

TEST(secret, one_that_is_replaced_is_wiped_first) {
  remains place;
  auto* made = place.put(short_text);
  *made = secret("x");
  EXPECT_EQ(made->reveal(), "x");
  EXPECT_FALSE(place.hold("wordfish"));
  const secret other("y");
  *made = other;
  EXPECT_EQ(made->reveal(), "y");
  made->~secret();
}

TEST(secret, assigned_to_itself_it_stays) {
  secret one(short_text);
  auto& same = one;
  one = same;
  EXPECT_EQ(one.reveal(), short_text);
  one = std::move(same);
  EXPECT_EQ(one.reveal(), short_text);
}

TEST(secret, wiping_clears_the_whole_memory_of_a_string) {
  auto text = long_text;
  text.resize(10);  // the rest is still there
  const char* held = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string_view(held, long_text.size()), std::string(long_text.size(), '\0'));
}

}  // namespace
}  // namespace ddm
