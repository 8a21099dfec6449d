#include "base/read_at.h"

#include <cerrno>
#include <unistd.h>

namespace ddm {

std::optional<std::size_t> read_at(int file, std::span<char> into, std::uint64_t from) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto got =
        ::pread(file, into.data() + done, into.size() - done, static_cast<off_t>(from + done));
    if (got == 0) {
      break;
    }
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      return std::nullopt;
    }
  }
  return done;
}

}  // namespace ddm
