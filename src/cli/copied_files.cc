#include "cli/copied_files.h"

#include "base/displayable.h"
#include "base/private_file.h"
#include "base/write_all.h"
#include "compare/comparison_progress.h"
#include "state/picture.h"
#include "state/state_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace ddm::cli {
namespace {

constexpr std::string_view leftovers_name = "leftovers";
constexpr std::string_view journal_name = "journal";

}  // namespace

std::string_view kind_of(std::string_view command) { return command.substr(0, command.find('.')); }

std::string leftovers_suffix(std::string_view command) {
  const auto kind = kind_of(command);
  return kind == monitor_part   ? ".baseline.leftovers"
         : kind == compare_part ? ".compare.leftovers"
                                : "";
}

std::vector<copied_files::companion> copied_files::companions() const {
  if (command == repair_part) {
    return {{.name = journal_name, .path = state_path + std::string(journal_suffix)}};
  }
  return {{.name = leftovers_name, .path = state_path + leftovers_suffix(command)}};
}

std::vector<std::string> copied_files::paths() const {
  std::vector<std::string> all{state_path};
  for (auto& each : companions()) {
    all.push_back(std::move(each.path));
  }
  return all;
}

result<void> copied_files::write(const std::string& name, std::string_view bytes) const {
  const auto beside = companions();
  const auto found = std::ranges::find(beside, name, &companion::name);
  if (name != remote::database_name && found == beside.end()) {
    return wrong_usage(
        fmt::format("the copy has a file {} that this program does not know: use "
                    "the program that wrote it, or a newer one",
                    displayable(name)));
  }
  const auto path = name == remote::database_name ? state_path : found->path;
  const int file = open_private(path, O_WRONLY | O_CREAT | O_APPEND);
  const bool written = file >= 0 && write_all(file, bytes);
  const int reason = errno;
  if (file >= 0) {
    ::close(file);
  }
  return written ? result<void>()
                 : fatal(fmt::format("cannot write {}: {}", path, std::strerror(reason)));
}

result<std::vector<remote::file_beside>> copied_files::beside(const std::string& picture) const {
  if (const auto version = state::version_of(picture);
      !version || version->value_or(0) > state::format_version) {
    return version ? wrong_usage(fmt::format("the state {} is of a newer program: use that one",
                                             state_path))
                   : fail(version.error());
  }
  if (command != repair_part) {
    return leftovers_of(picture);
  }
  // A line that is half there is cut by whoever opens it: its write was not sent.
  const auto journal = companions().front();
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(journal.path, absent);
  return absent || bytes == 0
             ? std::vector<remote::file_beside>()
             : std::vector<remote::file_beside>{
                   {.name = std::string(journal.name), .path = journal.path, .bytes = bytes}};
}

result<std::vector<remote::file_beside>> copied_files::leftovers_of(
    const std::string& picture) const {
  const std::string kind(kind_of(command));
  const auto numbers = state::numbers_in(picture, compare::comparison_progress::prefix_of(kind));
  if (!numbers) {
    return fail(numbers.error());
  }
  const auto comparison = compare::comparison_progress::load(kind, *numbers, {});
  const bool lie_elsewhere = comparison.leftovers_go() != compare::passing_on::no;
  if (!comparison.begun() || comparison.finished() || comparison.leftover_bytes <= 0 ||
      lie_elsewhere) {
    return {};
  }
  const auto leftovers = companions().front();
  return std::vector<remote::file_beside>{
      {.name = std::string(leftovers.name),
       .path = leftovers.path,
       .bytes = static_cast<std::uint64_t>(comparison.leftover_bytes)}};
}

}  // namespace ddm::cli
