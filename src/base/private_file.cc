#include "base/private_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ddm {
namespace {

constexpr mode_t made_with = 0600;
constexpr mode_t too_much = S_IWGRP | S_IXGRP | S_IRWXO;

}  // namespace

void keep_private(int file) {
  struct stat found{};
  if (::fstat(file, &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & too_much) != 0) {
    static_cast<void>(::fchmod(file, found.st_mode & ~too_much & 07777));
  }
}

void keep_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (file >= 0) {
    keep_private(file);
    ::close(file);
  }
}

int open_private(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, made_with);
  if (file >= 0) {
    keep_private(file);
  }
  return file;
}

bool is_wrong_place(int reason) {
  constexpr std::array reasons{ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, EROFS, ELOOP, ENAMETOOLONG};
  return std::ranges::find(reasons, reason) != reasons.end();
}

std::string_view why_not_opened(int reason) {
  return reason == ELOOP ? "a symbolic link stands there, and none is followed, or it leads in a "
                           "circle: name the file itself"
                         : std::string_view(std::strerror(reason));
}

}  // namespace ddm
