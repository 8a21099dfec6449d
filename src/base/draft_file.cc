#include "base/draft_file.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <system_error>

namespace ddm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view infix = ".draft-";
constexpr std::string_view unique = "XXXXXX";
constexpr std::array<std::string_view, 4> of_sqlite{"", "-wal", "-shm", "-journal"};

bool is_draft_of(const std::string& file, std::string_view name) {
  const auto prefix = file + std::string(infix);
  if (!name.starts_with(prefix)) {
    return false;
  }
  name.remove_prefix(prefix.size());
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0; };
  return name.size() >= unique.size() &&
         std::ranges::all_of(name.substr(0, unique.size()), is_letter) &&
         std::ranges::find(of_sqlite, name.substr(unique.size())) != of_sqlite.end();
}

}  // namespace

draft_file make_draft(const std::string& path) {
  draft_file made{.path = path + std::string(infix) + std::string(unique)};
  made.descriptor = ::mkostemp(made.path.data(), O_APPEND | O_CLOEXEC);
  return made;
}

void remove_drafts(const std::string& path) {
  const fs::path file(path);
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code unknown;
    if (is_draft_of(file.filename().native(), at->path().filename().native()) &&
        at->symlink_status(unknown).type() == fs::file_type::regular) {
      fs::remove(at->path(), unknown);
    }
  }
}

}  // namespace ddm
