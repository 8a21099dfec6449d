// Which files a command's state is, on disk and in a copy.
#pragma once

#include "remote/fetch_copy.h"
#include "remote/file_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

/// The commands that keep states of their own under one name, in the order in which what they did
/// is taken in: what a repair heals a comparison may have found.
inline constexpr std::string_view monitor_part = "monitor";
inline constexpr std::string_view compare_part = "compare";
inline constexpr std::string_view repair_part = "repair";

/// "compare.part-0003", what one of several workers of a comparison keeps, is of "compare".
[[nodiscard]] std::string_view kind_of(std::string_view command);

/// Of the log of a command's comparison, behind the state's name; empty: it makes none.
[[nodiscard]] std::string leftovers_suffix(std::string_view command);
/// Of a repair's journal.
inline constexpr std::string_view journal_suffix = ".repair.jsonl";

struct copied_files {
  std::string state_path;
  std::string command;

  /// What lies beside the state, in a copy under names of its own.
  struct companion {
    std::string_view name;
    std::string path;
  };
  [[nodiscard]] std::vector<companion> companions() const;
  /// The state and its companions.
  [[nodiscard]] std::vector<std::string> paths() const;
  /// Appends to them what a copy gives (mode 0600).
  [[nodiscard]] result<void> write(const std::string& name, std::string_view bytes) const;
  /// What lies beside a picture of the state, and counts.
  [[nodiscard]] result<std::vector<remote::file_beside>> beside(const std::string& picture) const;

 private:
  [[nodiscard]] result<std::vector<remote::file_beside>> leftovers_of(
      const std::string& picture) const;
};

}  // namespace ddm::cli
