#include "base/padded_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace ddm {
namespace {

bool is_padded(const padded_buffer& buffer) {
  const auto* const end = buffer.data() + buffer.size();
  return std::all_of(end, end + padded_buffer::padding, [](char c) { return c == 0; });
}

TEST(padded_buffer, has_readable_zeros_behind_its_bytes) {
  EXPECT_TRUE(is_padded(padded_buffer()));
  EXPECT_TRUE(is_padded(padded_buffer(1000)));
  EXPECT_TRUE(is_padded(padded_buffer("text")));
  EXPECT_EQ(padded_buffer("text").view(), "text");
}

TEST(padded_buffer, keeps_its_bytes_when_resized) {
  padded_buffer buffer("abc");
  for (std::size_t size = 3; size < 5000; size += 7) {
    buffer.resize(size + 7);
    std::fill_n(buffer.data() + size, 7, 'x');
    ASSERT_TRUE(is_padded(buffer));
  }
  EXPECT_EQ(buffer.view().substr(0, 5), "abcxx");
  buffer.resize(2);
  EXPECT_EQ(buffer.view(), "ab");
  EXPECT_TRUE(is_padded(buffer));
}

TEST(padded_buffer, moves) {
  padded_buffer from("abc");
  const padded_buffer to = std::move(from);
  EXPECT_EQ(to.view(), "abc");
}

}  // namespace
}  // namespace ddm
