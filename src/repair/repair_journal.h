// Everything a repair does to a table, one JSON object a line, so that it can be undone.
//
// A line is on the disk before its write is sent, and a second one says how that ended: whatever
// happens in between, the item as it was before is known. The journal holds item values by nature;
// it is created 0600. The lines: docs/operating.md.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "repair/repair_step.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::repair {

enum class outcome {
  open,  ///< no second line: the process ended in between, the write may have been made
  written,
  refused,  ///< the item was no longer what had been read: nothing was written
  failed,   ///< the service gave an error; the write may have been made if no answer came
  undone,
  unsent,  ///< the write was never sent
};

struct journal_entry {
  std::int64_t id = 0;
  std::string table;  ///< identity of the table written to
  action what = action::nothing;
  std::string key_json;
  held_item before;
  held_item after;
  outcome ended = outcome::open;
};

class repair_journal {
 public:
  /// Opens or creates for appending, after a torn last line has been cut. A file that holds
  /// anything but lines of a journal, and what is no file, is an error and left as it is.
  [[nodiscard]] static result<repair_journal> open(const std::string& path);
  /// The entries in the order of writing; changes nothing. A line that is none of ours is an error
  /// that names it.
  [[nodiscard]] static result<std::vector<journal_entry>> read(const std::string& path);

  repair_journal(repair_journal&& other) noexcept;
  repair_journal& operator=(repair_journal&& other) noexcept;
  repair_journal(const repair_journal&) = delete;
  repair_journal& operator=(const repair_journal&) = delete;
  ~repair_journal();

  /// On the disk when this returns. Gives the entry its number.
  [[nodiscard]] result<void> intend(journal_entry& entry, wall_time now);
  [[nodiscard]] result<void> settle(std::int64_t id, outcome ended, std::string_view message,
                                    wall_time now);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  repair_journal(std::string path, int file, std::int64_t next_id)
      : path_(std::move(path)), file_(file), next_id_(next_id) {}
  [[nodiscard]] result<void> append(std::string line);

  std::string path_;
  int file_ = -1;
  std::int64_t next_id_ = 1;
};

}  // namespace ddm::repair
