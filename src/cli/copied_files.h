// Which files a command's state is, on disk and in a copy.
#pragma once

#include "remote/fetch_copy.h"
#include "remote/file_source.h"

#include <string>
#include <vector>

namespace ddm::cli {

/// The command whose states lie in tables; its copies are under its name.
inline constexpr std::string_view copied_command = "monitor";
/// Of the log of its comparison, behind the state's name.
inline constexpr std::string_view monitor_leftovers_suffix = ".baseline.leftovers";

struct copied_files {
  std::string state_path;

  [[nodiscard]] std::string leftovers_path() const;
  /// Appends to them what a copy gives (mode 0600).
  [[nodiscard]] result<void> write(const std::string& name, std::string_view bytes) const;
  /// What lies beside a picture of the state, and counts.
  [[nodiscard]] result<std::vector<remote::file_beside>> beside(const std::string& picture) const;
};

}  // namespace ddm::cli
