// The state as a file, before SQLite is asked: where it lies, whose it is, and who uses it.
//
// Problem: a wrong --state must neither harm a file of somebody else nor end in a database error
// that nobody understands, and two monitors on one state would count everything twice.
// Idea: look at the directory, the mount and the file's first 100 bytes, and hold an advisory lock
// on a file beside it. Nothing is written but that lock file, which goes away with the lock.
#pragma once

#include "base/error.h"
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::state {

/// Bytes 68–71 of the file, "DDMM": this program's mark.
inline constexpr std::uint32_t application_id = 0x44444D4D;
/// Bytes 60–63. Raised with each change of the tables (sqlite_schema's format_scripts).
inline constexpr std::uint32_t format_version = 4;

/// The path without symbolic links, as SQLite will see it. Fails when it is no regular
/// file (opening a pipe would wait for ever), and when the directory is missing or is on a network
/// filesystem, where neither SQLite's WAL nor a lock can be relied upon.
[[nodiscard]] result<std::string> resolve_place(const std::string& path);
/// Whether anything stands there, where that can be known.
[[nodiscard]] result<bool> is_there(const std::string& path);

/// The filesystem's type ("nfs4") if `device` ("0:53") is mounted over a network according to
/// `mountinfo` (/proc/self/mountinfo).
[[nodiscard]] std::optional<std::string> network_filesystem(std::string_view mountinfo,
                                                            std::string_view device);

/// The format version of a state file; nothing when there is no file or an empty one. A file that
/// is not of this program, or cannot be read, is an error.
[[nodiscard]] result<std::optional<std::uint32_t>> version_of(const std::string& path);

/// An error when there is a state that may not be written to.
[[nodiscard]] result<void> check_writable(const std::string& path);

/// Asks the system to have the state and its log in memory soon. Who reads all of a large one by an
/// index waits for the disk at every page otherwise. What it cannot do is left undone.
void read_ahead(const std::string& path);

/// Held from acquire() to destruction, also by a process that is killed: the system lets go then.
class state_lock {
 public:
  /// Locks "<path>.<name>.lock" (mode 0600, holding the process id and the command that it runs).
  /// The error names the holder.
  [[nodiscard]] static result<state_lock> acquire(const std::string& path, const std::string& name,
                                                  const std::string& command);
  state_lock(state_lock&& other) noexcept;
  state_lock& operator=(state_lock&&) = delete;
  ~state_lock();

 private:
  state_lock(std::string lock_path, int descriptor)
      : lock_path_(std::move(lock_path)), descriptor_(descriptor) {}

  std::string lock_path_;
  int descriptor_;
};

/// Since when a process of this command works on the state, holding the lock of its name: another
/// command may hold that one to keep it away. Nothing: none does now. Takes no lock.
[[nodiscard]] std::optional<wall_time> in_use_since(const std::string& path,
                                                    const std::string& command);

/// An error when any command but `own_command` holds a lock on the state: it must not be replaced.
[[nodiscard]] result<void> check_unused_by_others(const std::string& path,
                                                  const std::string& own_command);

}  // namespace ddm::state
