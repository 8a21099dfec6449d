#include "net/authorities.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace ddm::net {

std::optional<std::string> authorities_beside(
    const openssl_places& openssl, std::span<const char* const> files,
    const std::function<bool(const std::string& path)>& holds_some,
    const std::function<bool(const std::string& path)>& has_entries) {
  if (openssl.chosen || holds_some(openssl.file)) {
    return std::string();
  }
  for (const auto* const file : files) {
    if (holds_some(file)) {
      return std::string(file);
    }
  }
  return has_entries(openssl.folder) ? std::optional<std::string>("") : std::nullopt;
}

bool is_readable_and_holds_some(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
         ::access(path.c_str(), R_OK) == 0;
}

bool folder_holds_some(const std::string& path) {
  std::error_code unreadable;
  const std::filesystem::directory_iterator entries(path, unreadable);
  return !unreadable && std::ranges::any_of(entries, [](const auto& entry) {
    return is_readable_and_holds_some(entry.path().string());
  });
}

}  // namespace ddm::net
