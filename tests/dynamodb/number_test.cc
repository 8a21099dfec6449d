#include "dynamodb/number.h"

#include "dynamodb/attribute_value.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ddm::dynamodb {
namespace {

std::string canonical(std::string_view text) {
  std::string out;
  return append_number(text, out) ? out : "malformed";
}

TEST(number, spelling_does_not_matter) {
  const std::vector<std::vector<std::string>> groups{
      {"1", "1.0", "10E-1", "0.1e1", "+1", "01", "1.", "1E0", "1E-0", "1000E-3"},
      {"0", "-0", "0E10", "0.000", "-0.0E-99", "00", ".0"},
      {"-12.5", "-125E-1", "-0.125E+2", "-0012.500"},
      {"1E-130", "0." + std::string(129, '0') + "1"},
      {"9.9999999999999999999999999999999999999E+125", std::string(38, '9') + std::string(88, '0')},
      {"120", "12E1", "1.2E2", "120.0"},
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto& spelling : groups[i]) {
      EXPECT_TRUE(numbers_equal(spelling, groups[i][0])) << spelling;
      EXPECT_EQ(canonical(spelling), canonical(groups[i][0])) << spelling;
      for (std::size_t other = 0; other < groups.size(); ++other) {
        EXPECT_EQ(numbers_equal(spelling, groups[other][0]), i == other)
            << spelling << " " << groups[other][0];
      }
    }
  }
}

TEST(number, every_digit_sign_and_exponent_counts) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"1", "-1"},
      {"1", "10"},
      {"1", "1.0000000000000000000000000000000000001"},
      {"12345678901234567890123456789012345678", "12345678901234567890123456789012345679"},
      {"1E-130", "1E-129"},
      {"0", "1E-130"},
      {"9007199254740992", "9007199254740993"},
      {"101", "11"},
      {"12", "21"},
  };
  for (const auto& [a, b] : pairs) {
    EXPECT_FALSE(numbers_equal(a, b)) << a << " " << b;
    EXPECT_NE(canonical(a), canonical(b)) << a << " " << b;
  }
}

TEST(number, more_digits_than_the_service_accepts_are_kept) {
  const std::string long_number(400, '7');
  EXPECT_NE(canonical(long_number), canonical(long_number + "7"));
  EXPECT_NE(canonical(long_number), canonical(long_number.substr(1) + "8"));
}

TEST(number, huge_exponents_saturate) {
  const std::string nines(400, '9');
  EXPECT_EQ(canonical("1E" + nines), canonical("1E" + nines + "9"));
  EXPECT_NE(canonical("1E" + nines), canonical("1E-" + nines));
  EXPECT_NE(canonical("1E" + nines), canonical("2E" + nines));
  EXPECT_EQ(canonical("0E" + nines), canonical("0"));
}

TEST(number, malformed_text_is_an_error) {
  for (const std::string bad : {"", "-", "+", ".", "1e", "1e+", "e5", "1.2.3", "0x10", "NaN",
                                "Infinity", "1 ", " 1", "--1", "1,5", "1_000", "1e5.0"}) {
    EXPECT_EQ(canonical(bad), "malformed") << bad;
  }
}

TEST(number, canonical_bytes_delimit_themselves) {
  EXPECT_NE(canonical("1") + canonical("23"), canonical("12") + canonical("3"));
}

}  // namespace
}  // namespace ddm::dynamodb
