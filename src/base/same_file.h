// Whether a path still names the file that was opened by it, and whether two paths, or descriptors,
// are one.
#pragma once

#include <string>

namespace ddm {

/// False once another file was put in its place, or none: whoever locks a file after opening it
/// asks, as it may have been replaced in between.
[[nodiscard]] bool is_still(const std::string& path, int descriptor);

[[nodiscard]] bool are_one_file(int a, int b);

/// Both lead to one file, or would once it is made.
[[nodiscard]] bool is_one_place(const std::string& a, const std::string& b);

}  // namespace ddm
