#include "dynamodb/canonical_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ddm::dynamodb {
namespace {

/// `size` letters with as much behind them as put_padded() reads.
std::string padded(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size + canonical_bytes::block; ++i) {
    text += static_cast<char>('a' + i % 26);
  }
  return text;
}

TEST(canonical_bytes, are_what_was_put_whatever_their_sizes) {
  for (std::size_t size = 0; size < 300; ++size) {
    const auto text = padded(size);
    const auto part = std::string_view(text).substr(0, size);
    canonical_bytes bytes;
    bytes.put('<');
    bytes.put_padded(part);
    bytes.put(part);
    bytes.put('>');
    ASSERT_EQ(bytes.view(), '<' + std::string(part) + std::string(part) + '>') << size;
  }
}

TEST(canonical_bytes, keep_what_they_hold_when_they_grow) {
  canonical_bytes bytes;
  std::string expected;
  const auto text = padded(61);
  while (bytes.size() < 100'000) {
    bytes.put_padded(std::string_view(text).substr(0, 61));
    expected += text.substr(0, 61);
  }
  EXPECT_EQ(bytes.view(), expected);
}

TEST(canonical_bytes, leave_room_and_take_back) {
  canonical_bytes bytes;
  bytes.put("ab");
  const auto begin = bytes.leave(3);
  EXPECT_EQ(begin, 2U);
  std::ranges::copy(std::string_view("xyz"), bytes.data() + begin);
  bytes.put('c');
  EXPECT_EQ(bytes.view(), "abxyzc");
  EXPECT_EQ(bytes.view(begin, 3), "xyz");
  bytes.shrink(2);
  bytes.put('d');
  EXPECT_EQ(bytes.view(), "abd");
  bytes.clear();
  EXPECT_EQ(bytes.view(), "");
}

TEST(canonical_bytes, write_lengths_low_digits_first) {
  canonical_bytes bytes;
  for (const auto value : {0ULL, 127ULL, 128ULL, 300ULL, ~0ULL}) {
    bytes.put_varint(value);
  }
  EXPECT_EQ(bytes.view(),
            std::string("\0\x7f\x80\x01\xac\x02", 6) + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

}  // namespace
}  // namespace ddm::dynamodb
