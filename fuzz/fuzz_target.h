// What every fuzz target shares: `fuzz_one` gets the input, `require` ends the run with a finding.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ddm::fuzz {

/// Defined by each target.
void fuzz_one(std::string_view input);

inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

}  // namespace ddm::fuzz
