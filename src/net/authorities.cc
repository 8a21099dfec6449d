#include "net/authorities.h"

#include <unistd.h>

namespace ddm::net {

std::string system_authorities(const std::string& root) {
  for (const auto* const file : authority_files) {
    auto path = root + file;
    if (::access(path.c_str(), R_OK) == 0) {
      return path;
    }
  }
  return {};
}

}  // namespace ddm::net
