// Two sequence numbers, on a line each, compare as their digits do when filled up to one length.
#include "dynamodb/names.h"
#include "fuzz_target.h"

#include <string>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  using dynamodb::sequence_number;
  const auto line = input.find('\n');
  if (line == std::string_view::npos) {
    return;
  }
  const auto a = sequence_number::parse(input.substr(0, line));
  const auto b = sequence_number::parse(input.substr(line + 1));
  if (!a || !b) {
    return;
  }
  const auto filled = [](const sequence_number& number) {
    return std::string(sequence_number::digits_max - number.str().size(), '0') +
           std::string(number.str());
  };
  require((*a <=> *b) == (filled(*a) <=> filled(*b)), "order is that of numbers");
  require((*a == *b) == (filled(*a) == filled(*b)), "equality is that of numbers");
  require(sequence_number{} < *a, "no number is below every other");
}

}  // namespace ddm::fuzz
