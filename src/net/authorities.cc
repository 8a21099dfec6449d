#include "net/authorities.h"

#include <sys/stat.h>
#include <unistd.h>

namespace ddm::net {

std::string authorities_beside(const openssl_places& openssl, std::span<const char* const> files,
                               const std::function<bool(const std::string& path)>& holds_some) {
  if (openssl.chosen || holds_some(openssl.file)) {
    return {};
  }
  for (const std::string file : files) {
    if (holds_some(file)) {
      return file;
    }
  }
  return {};
}

bool is_readable_and_holds_some(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
         ::access(path.c_str(), R_OK) == 0;
}

}  // namespace ddm::net
