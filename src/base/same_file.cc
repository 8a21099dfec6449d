#include "base/same_file.h"

#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace ddm {
namespace {

bool same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

}  // namespace

bool is_still(const std::string& path, int descriptor) {
  struct stat opened{};
  struct stat present{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &present) == 0 &&
         same(opened, present);
}

bool are_one_file(int a, int b) {
  struct stat of_a{};
  struct stat of_b{};
  return ::fstat(a, &of_a) == 0 && ::fstat(b, &of_b) == 0 && same(of_a, of_b);
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
