#include "base/units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(parse_duration, reads_what_people_write) {
  EXPECT_EQ(parse_duration("30s"), milliseconds{30'000});
  EXPECT_EQ(parse_duration("1m30s"), milliseconds{90'000});
  EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(parse_duration("2h"), milliseconds{7'200'000});
  EXPECT_EQ(parse_duration("1d12h"), milliseconds{129'600'000});
  EXPECT_EQ(parse_duration("1.5h"), milliseconds{5'400'000});
  EXPECT_EQ(parse_duration("0.1s"), milliseconds{100});
  EXPECT_EQ(parse_duration("0"), milliseconds{0});
  EXPECT_EQ(parse_duration("0s"), milliseconds{0});
}

TEST(parse_duration, says_what_is_wrong) {
  const auto why = [](std::string_view text) {
    const auto parsed = parse_duration(text);
    return parsed ? "none" : parsed.error();
  };
  EXPECT_THAT(why(""), HasSubstr("empty"));
  EXPECT_THAT(why("30"), HasSubstr("no unit"));
  EXPECT_THAT(why("1m30"), HasSubstr("no unit"));
  EXPECT_THAT(why("3 s"), HasSubstr("no unit"));
  EXPECT_THAT(why("3w"), HasSubstr("\"w\" is no unit"));
  EXPECT_THAT(why("3S"), HasSubstr("\"S\" is no unit"));
  EXPECT_THAT(why("s"), HasSubstr("write it with a unit"));
  EXPECT_THAT(why("-3s"), HasSubstr("write it with a unit"));
  EXPECT_THAT(why("1.2.3s"), HasSubstr("write it with a unit"));
  EXPECT_THAT(why("4000d"), HasSubstr("ten years"));
  EXPECT_THAT(why("99999999999999999999999s"), HasSubstr("ten years"));
}

TEST(format_duration, is_short_and_reads_back) {
  for (const auto* const text : {"0s", "1ms", "999ms", "30s", "1m30s", "2h", "1d", "1d2h3m4s5ms"}) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(format_duration(*parsed), text);
  }
  EXPECT_EQ(format_duration(milliseconds{-1500}), "-1s500ms");
}

TEST(spoken_duration, has_two_units_at_most) {
  using namespace std::chrono;
  EXPECT_EQ(spoken_duration(milliseconds{420}), "420 ms");
  EXPECT_EQ(spoken_duration(milliseconds{1500}), "1.5 s");
  EXPECT_EQ(spoken_duration(seconds{42}), "42 s");
  EXPECT_EQ(spoken_duration(minutes{31}), "31 min");
  EXPECT_EQ(spoken_duration(minutes{31} + seconds{5}), "31 min 5 s");
  EXPECT_EQ(spoken_duration(hours{2} + minutes{3} + seconds{4}), "2 h 3 min");
  EXPECT_EQ(spoken_duration(hours{47} + minutes{59}), "47 h 59 min");
  EXPECT_EQ(spoken_duration(days{3} + hours{4} + minutes{5}), "3 d 4 h");
  EXPECT_EQ(spoken_duration(milliseconds{-5}), "0 ms");
}

TEST(parse_size, reads_binary_and_decimal_units) {
  EXPECT_EQ(parse_size("512MiB"), 536'870'912U);
  EXPECT_EQ(parse_size("1GiB"), 1'073'741'824U);
  EXPECT_EQ(parse_size("64MB"), 64'000'000U);
  EXPECT_EQ(parse_size("1.5KiB"), 1536U);
  EXPECT_EQ(parse_size("1048576"), 1'048'576U);
  EXPECT_EQ(parse_size("7B"), 7U);
}

TEST(parse_size, refuses_anything_else) {
  for (const auto* const text : {"", "MiB", "5 MiB", "5mib", "5M", "-5MiB", "99999999999GiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(format_size, is_readable) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(512ULL << 20), "512 MiB");
  EXPECT_EQ(format_size(3ULL << 30), "3 GiB");
}

TEST(grouped, sets_a_comma_each_three_digits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(30'000'000), "30,000,000");
}

}  // namespace
}  // namespace ddm
