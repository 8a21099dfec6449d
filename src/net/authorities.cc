#include "net/authorities.h"

#include <sys/stat.h>
#include <unistd.h>

namespace ddm::net {

std::string system_authorities(const std::string& root) {
  for (const auto* const file : authority_files) {
    auto path = root + file;
    struct stat found{};
    // A folder stands there where a container's bind mount found nothing.
    const bool holds_some = ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
                            found.st_size > 0 && ::access(path.c_str(), R_OK) == 0;
    if (holds_some) {
      return path;
    }
  }
  return {};
}

}  // namespace ddm::net
