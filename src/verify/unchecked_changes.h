// Chosen changes that have no check: deferred for want of memory, or left.
//
// Problem: memory and disk are bounded, and before the target exists nothing can be checked. Such a
// change may still be on its way when the key's next one is looked for, so that an equal look
// proves nothing then.
// Idea: a *deferred* change is kept in the state as a key, and checked when there is room; of one
// that was *left* nothing is kept, and a comparison makes up for it. Of both a filter of keys tells
// which of a key's changes may have something unproven before them.
#pragma once

#include "base/time.h"
#include "state/rows.h"
#include "verify/check.h"
#include "verify/key_filter.h"

#include <cstdint>
#include <optional>

namespace ddm::verify {

class unchecked_changes {
 public:
  explicit unchecked_changes(std::int64_t deferred_max) : deferred_max_(deferred_max) {}

  /// A change that finds no room in memory: its row; nothing when the disk has none either, and it
  /// is left.
  [[nodiscard]] std::optional<state::deferred_row> defer(item_key key, wall_time now);
  /// A deferred key comes back.
  void on_undeferred();
  /// How many changes an earlier process has left deferred: their keys are not known here.
  void restore_deferred(std::int64_t changes, std::int64_t rows);
  /// How many are deferred in all.
  void note_deferred(std::int64_t changes);
  /// Rows of them in the state; a key that is deferred again counts anew until it is told.
  [[nodiscard]] std::int64_t deferred_rows() const { return deferred_rows_; }
  void set_deferred_rows(std::int64_t rows) { deferred_rows_ = rows; }

  /// A change that nobody checks was read: the target was not there yet.
  void note_left(const digest128& key_hash);
  /// An earlier process has left such changes; of which keys is not known.
  void restore_left();
  /// Changes are checked from now on: what was left has one max-lag to arrive.
  void on_target_ready(wall_time now) { target_ready_at_ = now; }
  [[nodiscard]] std::optional<wall_time> target_ready_at() const { return target_ready_at_; }
  /// What was left has arrived or never will.
  void settle_left();
  [[nodiscard]] bool left_settled() const { return left_settled_; }

  /// A change of the key may have no outcome yet, and no check either.
  [[nodiscard]] bool may_contain(const digest128& key_hash) const {
    return deferred_keys_.may_contain(key_hash) || left_keys_.may_contain(key_hash);
  }

 private:
  std::int64_t deferred_max_;
  key_filter deferred_keys_;
  std::int64_t deferred_rows_ = 0;
  key_filter left_keys_;
  bool left_settled_ = true;
  std::optional<wall_time> target_ready_at_;
};

}  // namespace ddm::verify
