// One line of a repair journal: what it says, and what of it is needed before its turn comes.
//
// Problem: a journal grows to gigabytes of items, and most of its lines are only looked through.
// Idea: a line is walked once; its items are passed over, and made into trees only for the entry
// that is taken back now. Reason: looking through a journal then costs little more than reading it.
//
// Pure. A line is whole or none of ours: nothing is guessed.
#pragma once

#include "base/padded_buffer.h"
#include "base/time.h"
#include "dynamodb/json_cursor.h"
#include "repair/repair_step.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::repair {

enum class outcome {
  open,  ///< no second line: the process ended in between, the write may have been made
  written,
  refused,  ///< the item was no longer what had been read: nothing was written
  failed,   ///< the service gave an error; the write may have been made if no answer came
  undone,
  unsent,  ///< the write was never sent
};

/// The write may have been made, and was not taken back.
[[nodiscard]] constexpr bool may_stand(outcome ended) {
  return ended == outcome::open || ended == outcome::written || ended == outcome::failed;
}

struct journal_entry {
  std::int64_t id = 0;
  std::string table;  ///< identity of the table written to
  action what = action::nothing;
  std::string key_json;  ///< the same for each spelling of a key
  held_item before;
  held_item after;
  outcome ended = outcome::open;
};

/// A line without its items.
struct journal_line {
  outcome event = outcome::open;  ///< open: an entry begins
  std::int64_t id = 0;
  std::string table;  ///< of an entry that begins, as is the key
  std::string key_json;
};

/// Without line break. Always UTF-8, whatever the texts are.
[[nodiscard]] std::string begin_line(const journal_entry& entry, wall_time now);
[[nodiscard]] std::string end_line(std::int64_t id, outcome ended, std::string_view message,
                                   wall_time now);

/// A line of ours of which the end may be missing.
[[nodiscard]] bool begins_like_ours(std::string_view text);
/// The first line of an entry of ours, damaged behind its head.
[[nodiscard]] bool begins_like_an_entry(std::string_view text);

class journal_reader {
 public:
  /// Nothing for a line that is none of ours.
  [[nodiscard]] std::optional<journal_line> line(std::string_view text);
  /// The whole of an entry's first line.
  [[nodiscard]] std::optional<journal_entry> entry(std::string_view text);

 private:
  struct parts;
  [[nodiscard]] std::optional<parts> walk(std::string_view text);
  [[nodiscard]] static std::optional<journal_line> line_of(const parts& found);

  padded_buffer text_;
  dynamodb::json_cursor in_;
};

}  // namespace ddm::repair
