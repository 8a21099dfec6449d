#include "verify/unchecked_changes.h"

#include <algorithm>
#include <utility>

namespace ddm::verify {

/// Beyond the bound on disk a change is left to a comparison, like those that were read before the
/// target was there: what is left has one max-lag to arrive.
std::optional<state::deferred_row> unchecked_changes::defer(item_key key, wall_time now) {
  if (deferred_rows_ >= deferred_max_) {
    note_left(key.hash);
    target_ready_at_ = now;
    return std::nullopt;
  }
  ++deferred_rows_;
  deferred_keys_.add(key.hash);
  return state::deferred_row{.key_hash = key.hash.bytes(),
                             .key_json = std::move(key.json),
                             .changes = 1,
                             .since_ms = to_ms(now)};
}

void unchecked_changes::on_undeferred() {
  deferred_rows_ = std::max<std::int64_t>(0, deferred_rows_ - 1);
}

void unchecked_changes::restore_deferred(std::int64_t changes, std::int64_t rows) {
  deferred_rows_ = rows;
  if (changes > 0) {
    deferred_keys_.add_unknown();
  }
}

void unchecked_changes::note_deferred(std::int64_t changes) {
  if (changes == 0) {
    deferred_rows_ = 0;
    deferred_keys_.clear();
  }
}

void unchecked_changes::note_left(const digest128& key_hash) {
  left_keys_.add(key_hash);
  left_settled_ = false;
}

void unchecked_changes::restore_left() {
  left_keys_.add_unknown();
  left_settled_ = false;
}

void unchecked_changes::settle_left() {
  if (!left_settled_) {
    left_keys_.clear();
    left_settled_ = true;
  }
}

}  // namespace ddm::verify
