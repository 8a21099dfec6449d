// The findings of a session: the book of those that are open, what has no room in it, and what the
// log tells of them.
#pragma once

#include "dynamodb/page_decoder.h"
#include "monitor/coverage_gaps.h"
#include "monitor/mismatch_log.h"
#include "monitor/session_part.h"
#include "monitor/unlisted_findings.h"
#include "runtime/clock.h"
#include "state/state_store.h"
#include "verify/finding_book.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

class finding_desk final : public session_part {
 public:
  /// All but `resumed` outlive it. `command`: "monitor" or "compare".
  finding_desk(const verify::finding_options& options, std::string command,
               state::state_store& store, coverage_gaps& gaps, clock& time,
               const std::uint64_t& commits_begun, const state::snapshot& resumed);

  /// An unfinished comparison began then: what is only counted must not be dated before it.
  void count_not_before(std::function<wall_time()> comparison_began) {
    comparison_began_ = std::move(comparison_began);
  }
  /// The open ones of the state, into the book; an error: one cannot be read.
  [[nodiscard]] result<std::vector<verify::mismatch>> restore_open(const state::snapshot& resumed);

  [[nodiscard]] verify::finding_book& book() { return book_; }
  [[nodiscard]] const verify::finding_book& book() const { return book_; }
  [[nodiscard]] unlisted_book& unlisted() { return unlisted_; }
  [[nodiscard]] const unlisted_book& unlisted() const { return unlisted_; }

  /// Into the book; into the log too, if the book has room to list it.
  void confirm(verify::mismatch entry);
  void on_healed(const dynamodb::item_key& key, std::int64_t changes);
  /// Gives the book the open mismatches of these keys that only the state has.
  [[nodiscard]] awaitable<result<void>> recall(std::vector<verify::digest128> keys);
  /// A key as it is to be shown.
  [[nodiscard]] std::string shown(const dynamodb::item_key& key) const;

  void finish() override { log_lines(log_.finish()); }
  void collect(state::commit_batch& batch) override;
  void tell(report::status& now) const override;

 private:
  bool hash_keys_;
  state::state_store& store_;
  coverage_gaps& gaps_;
  clock& time_;
  const std::uint64_t& commits_begun_;
  std::function<wall_time()> comparison_began_;
  verify::finding_book book_;
  unlisted_book unlisted_;
  mismatch_log log_;
};

/// As findings that are held heal, older ones come from the state: nobody else would look at them.
class finding_recall final : public session_part {
 public:
  /// `held_max`: how many open ones the book holds. All outlive it.
  finding_recall(verify::finding_book& book, std::size_t held_max, state::state_store& store,
                 const std::uint64_t& commits_begun)
      : book_(book), held_max_(held_max), store_(store), commits_begun_(commits_begun) {}

  [[nodiscard]] awaitable<result<void>> refill() override;

 private:
  verify::finding_book& book_;
  std::size_t held_max_;
  state::state_store& store_;
  const std::uint64_t& commits_begun_;
  std::optional<state::mismatch_row> walked_to_;  ///< open ones of the state, newest first
};

}  // namespace ddm::monitor
