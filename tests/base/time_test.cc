#include "base/time.h"

#include <gtest/gtest.h>

namespace ddm {
namespace {

TEST(format_rfc3339, has_a_fraction_only_where_there_is_one) {
  EXPECT_EQ(format_rfc3339(from_ms(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(from_ms(1'709'251'199'007)), "2024-02-29T23:59:59.007Z");
  EXPECT_EQ(format_rfc3339(from_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(parse_rfc3339, reads_back_what_was_written) {
  for (const std::int64_t ms : {0LL, 1LL, 999LL, 1'709'251'199'007LL, 4'102'444'799'999LL}) {
    EXPECT_EQ(parse_rfc3339(format_rfc3339(from_ms(ms))), from_ms(ms));
  }
}

TEST(parse_rfc3339, takes_fractions_and_offsets) {
  const auto noon = parse_rfc3339("2026-01-31T12:00:00Z");
  ASSERT_TRUE(noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31 12:00:00z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T21:00:00+09:00"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T02:30:00-09:30"), noon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.25Z"), *noon + milliseconds{250});
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.123456789Z"), *noon + milliseconds{123});
}

TEST(parse_rfc3339, refuses_anything_else) {
  for (const auto* const text :
       {"", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z", "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:00+9:00", "2026-01-31T12:00:00+09:60", "2026-01-31T12:00:00Zx",
        "-026-01-31T12:00:00Z", "2026-1-31T12:00:00Z", "2026-01-31T12:00:-1Z",
        "+026-01-31T12:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ddm
