// Writing to a file descriptor to the last byte.
#pragma once

#include <string_view>

namespace ddm {

/// Goes on after interruptions and short writes. False: errno says why, and part of it may be
/// written.
[[nodiscard]] bool write_all(int file, std::string_view bytes);

}  // namespace ddm
