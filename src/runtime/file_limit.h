// How many files and sockets the process may have open.
#pragma once

#include <cstddef>

namespace ddm {

/// As many as the system lets it without being asked by root; that number.
std::size_t raise_file_limit();

}  // namespace ddm
