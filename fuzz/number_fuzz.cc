// A number equals its own respellings and no neighbour.
#include "dynamodb/attribute_value.h"
#include "dynamodb/number.h"
#include "fuzz_target.h"

#include <string>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  using namespace dynamodb;
  std::string bytes;
  if (!append_number(input, bytes)) {
    return;
  }
  const std::string text(input);
  const auto sign = text.find_first_not_of("+-");
  require(numbers_equal(text, std::string(text).insert(sign, "00")), "leading zeros are nothing");
  if (text.find_first_of("eE") == std::string::npos) {
    const bool has_point = text.contains('.');
    require(numbers_equal(text, text + (has_point ? "0" : ".0")), "trailing zeros are nothing");
    require(numbers_equal(text, text + "e0"), "an exponent of zero is nothing");
    require(!numbers_equal(text, text + (has_point ? "1" : ".1")), "each digit counts");
  }
  const bool zero = numbers_equal(text, "0");
  const auto negated = (text.starts_with('-') ? "" : "-") + text.substr(sign);
  require(numbers_equal(text, negated) == zero, "the sign counts, but for zero");
}

}  // namespace ddm::fuzz
