#include "fuzz_target.h"

#include <cstddef>
#include <cstdint>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ddm::fuzz::fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
