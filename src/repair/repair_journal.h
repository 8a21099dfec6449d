// Everything a repair does to a table, one JSON object a line, so that it can be undone.
//
// A line is on the disk before its write is sent, and a second one says how that ended: whatever
// happens in between, the item as it was before is known. The journal holds item values by nature;
// it is created 0600. The lines: docs/output.md.
//
// Problem: a journal grows with each run, outlives power cuts and full disks, and may be named by
// mistake. Idea: one process at a time appends to it; a line that was not wholly written is cut
// back at once; a line that cannot be read is told, and costs nothing but itself; a file whose
// first line is none of ours is left as it is.
//
// Memory: the longest line (64 MiB at most; a longer one is neither read nor written) and 48 bytes
// an entry. Items are read when their turn comes.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "repair/journal_line.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::repair {

/// Where an entry stands, and how it ended.
struct journal_place {
  std::int64_t id = 0;
  std::int64_t at_byte = 0;
  std::uint64_t table_hash = 0;
  std::uint64_t key_hash = 0;
  std::size_t bytes = 0;
  outcome ended = outcome::open;
};

/// Lines that are none of ours, or damaged.
struct unreadable_lines {
  std::vector<std::int64_t> first;  ///< numbers from 1; of at most 1000
  std::int64_t count = 0;
};

class repair_journal {
 public:
  /// The code of an entry that could not be read back: its items are too large.
  static constexpr const char* unfit = "UnfitForJournal";

  /// Opens or creates for appending, after a torn last line has been cut, and holds it alone from
  /// then on: an error (fatal) while another process does. What is no journal is an error
  /// (wrong_usage) and left as it is.
  [[nodiscard]] static result<repair_journal> open(const std::string& path);
  /// For a plan: changes nothing, and locks nothing.
  [[nodiscard]] static result<repair_journal> open_to_read(const std::string& path);

  repair_journal(repair_journal&& other) noexcept;
  repair_journal& operator=(repair_journal&& other) noexcept;
  repair_journal(const repair_journal&) = delete;
  repair_journal& operator=(const repair_journal&) = delete;
  ~repair_journal();

  /// Those that were there when it was opened, in the order of writing.
  [[nodiscard]] const std::vector<journal_place>& places() const { return places_; }
  [[nodiscard]] const unreadable_lines& unreadable() const { return unreadable_; }
  /// Fails where the file does, and when an item in it is damaged.
  [[nodiscard]] result<journal_entry> entry_at(const journal_place& place) const;
  /// An error (wrong_usage) when a write to another table may still stand.
  [[nodiscard]] result<void> check_table(const std::string& identity) const;

  /// On the disk when this returns. Gives the entry its number. After an error the journal is as it
  /// was before; with the code `unfit` nothing but this entry is refused.
  [[nodiscard]] result<void> intend(journal_entry& entry, wall_time now);
  [[nodiscard]] result<void> settle(std::int64_t id, outcome ended, std::string_view message,
                                    wall_time now);

  /// Whether a journal could be opened there; nothing is made.
  [[nodiscard]] static result<void> check_place(const std::string& path);

 private:
  repair_journal(std::string path, int file) : path_(std::move(path)), file_(file) {}
  [[nodiscard]] static result<void> check_is_file(const std::string& path);
  [[nodiscard]] result<void> look_through();
  [[nodiscard]] bool take_line(std::string_view text, std::int64_t at_byte, journal_reader& reader);
  [[nodiscard]] result<void> append(std::string line);

  std::string path_;
  int file_ = -1;
  std::vector<journal_place> places_;
  unreadable_lines unreadable_;
  std::int64_t last_id_ = 0;
  std::int64_t whole_bytes_ = 0;   ///< without a torn line of ours
  bool ends_within_line_ = false;  ///< of somebody else: ours begins on a new one
  bool broken_ = false;            ///< it could not be cut back: nothing more is appended
};

}  // namespace ddm::repair
