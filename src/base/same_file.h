// Whether a path still names the file that was opened by it.
#pragma once

#include <string>

namespace ddm {

/// False once another file was put in its place, or none: whoever locks a file after opening it
/// asks, as it may have been replaced in between.
[[nodiscard]] bool is_still(const std::string& path, int descriptor);

}  // namespace ddm
