#include "cli/sample_rate.h"

#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

TEST(sample_rate, is_one_key_in_n_however_it_is_written) {
  EXPECT_EQ(parse_sample_rate("50"), 50U);
  EXPECT_EQ(parse_sample_rate("1"), 1U);
  EXPECT_EQ(parse_sample_rate("all"), 1U);
  EXPECT_EQ(parse_sample_rate("1%"), 100U);
  EXPECT_EQ(parse_sample_rate("1 %"), 100U);
  EXPECT_EQ(parse_sample_rate("0.1%"), 1000U);
  EXPECT_EQ(parse_sample_rate("33%"), 3U);
  EXPECT_EQ(parse_sample_rate("100%"), 1U);
  EXPECT_EQ(parse_sample_rate("1/100"), 100U);
}

TEST(sample_rate, refuses_what_is_no_such_rate) {
  for (const auto* text : {"", "0", "-1", "abc", "1/0", "1/", "2/3", "0%", "%", "-1%", "nan%",
                           "101%", "1e3", "5 0", "99999999999999999999"}) {
    EXPECT_FALSE(parse_sample_rate(text)) << text;
  }
  EXPECT_EQ(parse_sample_rate("30%").error(), "is not one key in a whole number: write 3 or 4");
}

TEST(sample_rate, is_printed_with_its_percentage) {
  EXPECT_EQ(describe_sample_rate(100), "1 key in 100 (1 %)");
  EXPECT_EQ(describe_sample_rate(50), "1 key in 50 (2 %)");
  EXPECT_EQ(describe_sample_rate(3), "1 key in 3 (33.3 %)");
  EXPECT_EQ(describe_sample_rate(1'000'000), "1 key in 1000000 (0.0001 %)");
  EXPECT_EQ(describe_sample_rate(1), "every key");
}

}  // namespace
}  // namespace ddm::cli
