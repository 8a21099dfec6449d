#include "base/read_at.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace ddm {
namespace {

TEST(read_at, gives_what_there_is_from_there_on) {
  const int file = ::memfd_create("read_at", 0);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "abcdef", 6), 6);
  std::array<char, 4> into{};
  EXPECT_EQ(read_at(file, into, 0), 4);
  EXPECT_EQ(std::string_view(into.data(), 4), "abcd");
  EXPECT_EQ(read_at(file, into, 4), 2);
  EXPECT_EQ(std::string_view(into.data(), 2), "ef");
  EXPECT_EQ(read_at(file, into, 6), 0);
  ::close(file);
}

TEST(read_at, says_that_it_cannot) {
  std::array<char, 4> into{};
  errno = 0;
  EXPECT_EQ(read_at(-1, into, 0), std::nullopt);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace ddm
