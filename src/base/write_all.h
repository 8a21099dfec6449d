// Writing to a file descriptor to the last byte, and keeping the file that was made.
#pragma once

#include <string>
#include <string_view>

namespace ddm {

/// Goes on after interruptions and short writes. False: errno says why, and part of it may be
/// written.
[[nodiscard]] bool write_all(int file, std::string_view bytes);

/// A file that was made or put in its place now is there after a power cut too. False: errno says
/// why not; a filesystem that does not do this is no reason.
[[nodiscard]] bool sync_folder_of(const std::string& path);

}  // namespace ddm
