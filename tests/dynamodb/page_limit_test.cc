#include "dynamodb/page_limit.h"

#include <gtest/gtest.h>

namespace ddm::dynamodb {
namespace {

TEST(page_limit, asks_for_half_as_many_down_to_one) {
  page_limit limit;
  EXPECT_EQ(limit.of(std::nullopt), std::nullopt);
  EXPECT_EQ(limit.of(25), 25);
  for (const std::uint32_t expected : {128, 64, 32, 16, 8, 4, 2, 1}) {
    ASSERT_TRUE(limit.on_too_large(limit.of(std::nullopt)));
    EXPECT_EQ(limit.of(std::nullopt), expected);
  }
  EXPECT_FALSE(limit.on_too_large(limit.of(std::nullopt)));
}

TEST(page_limit, leaves_a_smaller_wish_as_it_is) {
  page_limit limit;
  ASSERT_TRUE(limit.on_too_large(20));
  EXPECT_EQ(limit.of(5), 5);
  EXPECT_EQ(limit.of(25), 10);
}

TEST(page_limit, is_forgotten_little_by_little) {
  page_limit limit;
  ASSERT_TRUE(limit.on_too_large(2));
  limit.on_page();
  EXPECT_EQ(limit.of(std::nullopt), 2);
  for (int pages = 0; pages < 100; ++pages) {
    limit.on_page();
  }
  EXPECT_EQ(limit.of(std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace ddm::dynamodb
