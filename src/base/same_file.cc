#include "base/same_file.h"

#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace ddm {

bool is_still(const std::string& path, int descriptor) {
  struct stat opened{};
  struct stat present{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &present) == 0 &&
         opened.st_ino == present.st_ino && opened.st_dev == present.st_dev;
}

bool is_one_place(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (fs::equivalent(a, b, failed)) {
    return true;
  }
  const auto resolved = [](const std::string& path) {
    std::error_code unknown;
    const auto whole = fs::weakly_canonical(fs::absolute(path, unknown), unknown);
    return unknown ? fs::path(path) : whole;
  };
  return resolved(a) == resolved(b);
}

}  // namespace ddm
