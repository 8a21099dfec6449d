// The files of one migration: its state, and the findings beside it.
//
// Pure but for questions to the file system; nothing is made here. Asked before the state is made,
// so that a refusal leaves nothing behind.
#pragma once

#include "base/error.h"
#include "cli/options.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

struct migration_files {
  std::string state;
  std::string findings;

  /// What no other file of the run may be.
  [[nodiscard]] std::vector<std::string> of_state() const;
  /// --fresh moves the file to the second.
  [[nodiscard]] std::vector<std::string> of_findings() const;
};

/// Of a state that no option names.
struct default_names {
  std::string now;
  /// Under which a run that awaited the target began it.
  std::string while_awaited;
};

/// Of whom the files are.
struct files_of {
  std::string_view command;
  std::string_view part = {};  ///< as command_manner has it
};
/// A part's files lie beside the state that an option names.
[[nodiscard]] migration_files choose_files(const migration_options& options,
                                           const default_names& names, files_of whose,
                                           bool forgets_state);

/// An error where the findings cannot be kept. `forgets_state`: the file there is moved.
[[nodiscard]] result<void> check_findings(const migration_files& files,
                                          const migration_options& options, bool forgets_state);

/// To a name that nothing has yet, which it gives.
[[nodiscard]] result<std::string> set_findings_aside(const migration_files& files);

/// To the second of of_findings(). That there is none is no error.
[[nodiscard]] result<void> move_findings_away(const migration_files& files);

}  // namespace ddm::cli
