// The findings file: a copy of the state's finding lines that others can follow.
//
// It is written only after the lines are committed, so a crash can leave it short of lines or with
// a torn last one, never ahead of the state. Opening mends both.
#pragma once

#include "base/error.h"
#include "state/state_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::verify {

class findings_file {
 public:
  /// Opens or creates `path` (mode 0600), cuts a torn last line and appends what the state has
  /// more. A file whose lines are not those of the state is refused and left as it is.
  [[nodiscard]] static awaitable<result<findings_file>> open(std::string path,
                                                             state::state_store& store,
                                                             std::int64_t committed_lines);
  findings_file(findings_file&& other) noexcept;
  findings_file& operator=(findings_file&& other) noexcept;
  ~findings_file();

  /// Lines without newline, already committed.
  [[nodiscard]] result<void> append(const std::vector<std::string>& lines);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  findings_file(std::string path, int descriptor) : path_(std::move(path)), file_(descriptor) {}
  std::string path_;
  int file_ = -1;
};

}  // namespace ddm::verify
