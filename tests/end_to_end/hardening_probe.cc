// As small as it can be and still be hardened: what the release flags make of any of our programs.
#include <cstring>
#include <vector>

int main(int count, char** words) {
  char copy[16];
  std::memcpy(copy, words[0], static_cast<unsigned>(count));
  const std::vector<int> numbers(4, copy[0]);
  return numbers[static_cast<unsigned>(count)] == 0 ? 1 : 0;
}
