// The findings file: a copy of the state's finding lines that others can follow.
//
// It is written only after the lines are committed, so a crash can leave it short of lines or with
// a torn last one, never ahead of the state. Opening mends both. Two commands on one state, monitor
// and compare, may append at the same time: each takes the file's lock, sees what is there, and
// writes what the state has more, whoever committed it.
#pragma once

#include "base/error.h"
#include "state/state_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::verify {

/// Most of so many lines are of mismatches that have healed.
[[nodiscard]] bool worth_renewing(std::int64_t lines, std::int64_t open);

/// Whether a new findings file may stand at `path`: nothing is there, or a regular file that is
/// empty or begins with a line of ours. An error of class `wrong_usage` says what is there; nothing
/// is touched.
[[nodiscard]] result<void> check_findings_place(const std::string& path);

class findings_file {
 public:
  /// Opens or creates `path` (mode 0600), cuts a torn last line and appends what the state has
  /// more. A file whose lines are not those of the state is refused and left as it is.
  /// `lines_before`: the state's value of state::lines_before_name. A file with these lines is from
  /// before they were begun anew, and is written anew. Waits for `lock_patience_max` while another
  /// program holds the file's lock.
  [[nodiscard]] static awaitable<result<findings_file>> open(
      std::string path, state::state_store& store, std::optional<std::string> lines_before = {},
      milliseconds lock_patience_max = start_patience);
  /// Another command that starts may read, or write, a file of some gigabytes under its lock.
  static constexpr std::chrono::seconds start_patience{30};
  findings_file(findings_file&& other) noexcept;
  findings_file& operator=(findings_file&& other) noexcept;
  ~findings_file();

  /// The state forgets what has healed (state_store::renew_findings), and the file too. False, and
  /// nothing is changed, while another command uses the state.
  [[nodiscard]] awaitable<result<bool>> renew(state::state_store& store,
                                              state::state_store::line_of_row line_of);
  /// Appends the lines that have been committed since; while another program holds the file's lock,
  /// or the disk is full, it owes them.
  [[nodiscard]] awaitable<result<void>> follow(state::state_store& store);
  /// Lines are being committed: the file owes them until it has followed. Whoever commits may be
  /// cancelled in between; the next commit makes up for it.
  void expect_lines() { owes_lines_ = true; }
  [[nodiscard]] bool owes_lines() const { return owes_lines_; }
  /// Why it could not be written, where the disk is full: it owes lines until there is room. Empty:
  /// it could.
  [[nodiscard]] const std::string& waits_for_room() const { return waits_for_room_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::int64_t lines() const { return lines_; }

 private:
  findings_file(std::string path, int descriptor) : path_(std::move(path)), file_(descriptor) {}
  [[nodiscard]] awaitable<result<void>> write_anew(state::state_store& store);
  [[nodiscard]] result<void> append(const std::vector<std::string>& lines);
  [[nodiscard]] result<void> see_what_others_appended();
  [[nodiscard]] awaitable<result<void>> append_missing(state::state_store& store);
  void note_locked(bool locked);

  std::string path_;
  int file_ = -1;
  std::int64_t lines_ = 0;  ///< complete ones in the file
  std::int64_t bytes_ = 0;  ///< of these
  bool owes_lines_ = false;
  std::string waits_for_room_;
  bool locked_ = false;  ///< by another program, at the last attempt
};

}  // namespace ddm::verify
