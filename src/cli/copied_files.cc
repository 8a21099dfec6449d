#include "cli/copied_files.h"

#include "base/displayable.h"
#include "base/private_file.h"
#include "base/write_all.h"
#include "compare/comparison_progress.h"
#include "state/picture.h"
#include "state/state_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace ddm::cli {
namespace {

constexpr std::string_view leftovers_name = "leftovers";

}  // namespace

std::string copied_files::leftovers_path() const {
  return state_path + std::string(monitor_leftovers_suffix);
}

result<void> copied_files::write(const std::string& name, std::string_view bytes) const {
  if (name != remote::database_name && name != leftovers_name) {
    return wrong_usage(
        fmt::format("the copy has a file {} that this program does not know: use "
                    "the program that wrote it, or a newer one",
                    displayable(name)));
  }
  const auto path = name == remote::database_name ? state_path : leftovers_path();
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
  const std::string command(copied_command);
  const auto numbers = state::numbers_in(picture, compare::comparison_progress::prefix_of(command));
  if (!numbers) {
    return fail(numbers.error());
  }
  const auto comparison = compare::comparison_progress::load(command, *numbers, {});
  if (!comparison.begun() || comparison.finished() || comparison.leftover_bytes <= 0) {
    return {};
  }
  return std::vector<remote::file_beside>{
      {.name = std::string(leftovers_name),
       .path = leftovers_path(),
       .bytes = static_cast<std::uint64_t>(comparison.leftover_bytes)}};
}

}  // namespace ddm::cli
