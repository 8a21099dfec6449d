#include "base/same_file.h"

#include <sys/stat.h>

namespace ddm {

bool is_still(const std::string& path, int descriptor) {
  struct stat opened{};
  struct stat present{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &present) == 0 &&
         opened.st_ino == present.st_ino && opened.st_dev == present.st_dev;
}

}  // namespace ddm
