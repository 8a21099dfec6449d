// What other commands on the same state do to findings while this one runs.
//
// Problem: `monitor` and `compare` may confirm and heal the same keys. Each holds the open findings
// in memory; one that judges by what it read minutes ago heals what the other has confirmed since,
// by attributes that it does not even look at.
// Idea: every confirmation and every healing commits a line, and lines have numbers. Each command
// reads the lines since the last time, and takes over what the state now has of their keys.
// Reason: the state is the truth. Of two commits that meet, the later one merges with or is refused
// by the row (state/merged_finding), and its own line brings back what became of it: a
// healing that was refused is open again, and gets a line that says so. Lines are not begun anew
// while a command runs (monitor/opened_state), so their numbers hold.
#pragma once

#include "dynamodb/page_decoder.h"
#include "state/state_store.h"
#include "verify/finding_book.h"

#include <cstdint>
#include <map>

namespace ddm::monitor {

class finding_news {
 public:
  /// `digests` are made as in the state. What the lines of `resumed` tell is in the book. All but
  /// that outlive it.
  finding_news(state::state_store& store, verify::finding_book& book,
               const dynamodb::page_decoder& digests, const state::snapshot& resumed);

  /// What has been committed since, some hundreds of lines or some MB at a time; true: all of it is
  /// known now. `commits_begun` counts the commits of the owner, which may go on meanwhile.
  [[nodiscard]] awaitable<result<bool>> hear(const std::uint64_t& commits_begun);
  /// All of it, for a last word.
  [[nodiscard]] awaitable<result<void>> hear_out(const std::uint64_t& commits_begun);

 private:
  struct told_lines {
    std::map<verify::digest128, bool> open_by_key;  ///< by the last line of each
    bool all = false;                               ///< no more are committed
  };
  [[nodiscard]] awaitable<result<told_lines>> read_lines();

  state::state_store& store_;
  verify::finding_book& book_;
  const dynamodb::page_decoder& digests_;
  std::int64_t lines_heard_;
};

}  // namespace ddm::monitor
