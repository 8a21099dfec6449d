// Leftovers on disk, appended in blocks and read back from the start.
//
// Problem: what finished segment pairs left over must survive a kill, and may be as large as both
// tables (two stores that order differently). Idea: a log beside the state file. Its length that
// counts is committed with the pairs it belongs to; opening it cuts off what lies behind. Each
// record names its segment and attempt, so that what an attempt wrote before it was killed can be
// passed over, and each block has a checksum, so that a damaged disk is an error and never a
// missing difference. The checksum begins with the comparison's mark: a state that was moved or put
// back may meet the log of another comparison.
//
// Blocking; not for the control thread once it is large.
#pragma once

#include "base/error.h"
#include "compare/leftover.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ddm::compare {

/// Which scan left it over.
struct leftover_origin {
  std::uint32_t segment = 0;
  std::uint32_t attempt = 0;
};

/// Removes what a process left that was killed: `path` too, unless its comparison goes on.
void remove_strays(const std::string& path, bool comparison_goes_on);

void append_leftover(const leftover& entry, leftover_origin from, std::string& block);

class leftover_file {
 public:
  /// Opens or creates `path` (mode 0600) and cuts it to `committed_bytes`; a file that is shorter
  /// is an error. `mark` is that of the comparison: blocks of another one have wrong checksums.
  [[nodiscard]] static result<leftover_file> open(std::string path, std::uint64_t committed_bytes,
                                                  std::uint64_t mark = 0);
  /// Whether `path` has `committed_bytes` of that comparison. Changes nothing; reads the first
  /// block and the lengths of the others.
  [[nodiscard]] static bool holds(const std::string& path, std::uint64_t committed_bytes,
                                  std::uint64_t mark);
  /// A file beside `path` that has no name and vanishes with the process.
  [[nodiscard]] static result<leftover_file> open_nameless(const std::string& path);
  /// The first `bytes` of a log that is another process's, for reading; whatever it writes behind
  /// them.
  [[nodiscard]] static result<leftover_file> open_part(std::string path, std::uint64_t bytes,
                                                       std::uint64_t mark);
  /// A file beside `path` that nobody looks for until finish_as().
  [[nodiscard]] static result<leftover_file> open_draft(const std::string& path,
                                                        std::uint64_t mark);
  /// One that finish_as() made, for reading; an error where it is not whole or of another mark.
  [[nodiscard]] static result<leftover_file> open_finished(std::string path, std::uint64_t mark);
  leftover_file(leftover_file&& other) noexcept;
  leftover_file& operator=(leftover_file&& other) noexcept;
  ~leftover_file();

  /// Appends records made by append_leftover as one block. An empty one writes nothing.
  [[nodiscard]] result<void> append(std::string_view block);
  /// On the disk when it returns.
  [[nodiscard]] result<void> sync();
  /// Ends it with a mark, and gives it this name, on the disk when it returns.
  [[nodiscard]] result<void> finish_as(const std::string& path);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  using reader = std::function<void(leftover&&, leftover_origin)>;
  /// An error of class `cancelled` once `stopping` is set, by any thread.
  [[nodiscard]] result<void> read(const reader& on_leftover,
                                  const std::atomic<bool>* stopping = nullptr) const;

 private:
  leftover_file(std::string path, int descriptor, std::uint64_t bytes, std::uint64_t mark)
      : path_(std::move(path)), file_(descriptor), bytes_(bytes), mark_(mark) {}

  std::string path_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint64_t mark_ = 0;
};

}  // namespace ddm::compare
